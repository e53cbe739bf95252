/** What a builder of a message type is given, and gives. */
import type { ContentOf, MessageType } from '@pombo/contracts';
import type { BinaryNode, proto } from '@whiskeysockets/baileys';
import type { UploadedMedia } from '../sending/upload-media.js';

/** Media as it was uploaded. Sizes in pixels. */
export interface BuiltMedia {
  readonly upload: UploadedMedia;
  readonly mimeType: string;
  readonly width?: number;
  readonly height?: number;
  /** JPEG. */
  readonly thumbnail?: Buffer;
  /** Length of sound or video, whole. */
  readonly seconds?: number;
  /** Of a voice note: 64 bytes of 0 to 100. */
  readonly waveform?: Buffer;
  readonly animated?: boolean;
  /** Of a document. */
  readonly pages?: number;
}

export interface BuildParts {
  /** The chat as WhatsApp knows it. */
  readonly chatJid: string;
  /** Set for every type that carries media. */
  readonly media: BuiltMedia | undefined;
  /** Mentions and quote, if any; set it on the part of the message that can carry it. */
  readonly contextInfo: proto.IContextInfo | undefined;
}

/** One per message type. */
export interface MessageBuilder<T extends MessageType> {
  /** The protobuf, before it gets its secret and a view-once wrapper. */
  build(content: ContentOf<T>, parts: BuildParts): proto.IMessage;
  /** Nodes the stanza carries besides the message. */
  nodes?(content: ContentOf<T>, chatJid: string): BinaryNode[];
}

/** Spread into the part of a message that carries the context: nothing where there is none. */
export function withContext(contextInfo: proto.IContextInfo | undefined): { contextInfo?: proto.IContextInfo } {
  return contextInfo ? { contextInfo } : {};
}

/** @throws Error when a type that carries media was prepared without: a mistake in the worker, not in the message. */
export function requireMedia({ media }: BuildParts): BuiltMedia {
  if (!media) throw new Error('this message type needs media');
  return media;
}
