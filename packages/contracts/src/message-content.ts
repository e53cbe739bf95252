/**
 * What a message says, as it is stored (encrypted) beside its record and read by the worker. One member per message
 * type; bytes are never in here, only where to find them.
 */
import type { Quoted } from './messages/common.js';

/** Where media comes from: a URL the worker fetches, or a blob the ingress stored (SHA-256 in hex). */
export type MediaSource = { readonly url: string } | { readonly blob: string };

export interface ContentCommon {
  /** Seconds of typing presence before the message. */
  readonly delay?: number;
  /** JIDs. */
  readonly mentioned?: readonly string[];
  readonly quoted?: Quoted;
}

export interface ImageContent extends ContentCommon {
  readonly type: 'image';
  readonly source: MediaSource;
  readonly caption?: string;
  readonly viewOnce?: boolean;
}

export type MessageContent = ImageContent;
export type MessageType = MessageContent['type'];
