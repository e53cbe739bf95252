/**
 * What a message says, as it is stored (encrypted) beside its record and read by the worker: the type's own fields of
 * the validated body. Bytes are never in here, only where to find them.
 */
import type { CommonSend, Quoted } from './messages/common.js';
import type { MessageType, SendBody } from './send-routes.js';

/** Where media comes from: a URL the worker fetches, or a blob the ingress stored (SHA-256 in hex). */
export type MediaSource = { readonly url: string } | { readonly blob: string };

export interface ContentCommon {
  /** Seconds of typing presence before the message. */
  readonly delay?: number;
  /** JIDs. */
  readonly mentioned?: readonly string[];
  readonly quoted?: Quoted;
  /** Set for every type that carries media. */
  readonly source?: MediaSource;
  readonly thumbnail?: MediaSource;
}

export type ContentOf<T extends MessageType> = { readonly type: T } & ContentCommon &
  Omit<SendBody<T>, keyof CommonSend>;

export type MessageContent = { [T in MessageType]: ContentOf<T> }[MessageType];
