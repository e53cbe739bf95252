/** A message that somebody wrote to one of our devices. */

/** What media a received message carries. */
export interface ReceivedMedia {
  readonly kind: 'image' | 'video' | 'audio' | 'document' | 'sticker';
  readonly mimeType?: string;
  /** As the sender's client says. */
  readonly sizeBytes?: number;
  readonly fileName?: string;
  /** Of audio and video. */
  readonly seconds?: number;
  readonly voiceNote?: boolean;
}

/** What was chosen from a list or among buttons. */
export interface Selection {
  readonly id: string;
  readonly title?: string;
}

/** What is told of a received message. Times in milliseconds since the epoch. */
export interface ReceivedMessage {
  /** WhatsApp's id, which quotes and reactions refer to. */
  readonly messageId: string;
  /** The chat: a person by number where it is known, or a group. */
  readonly chatJid: string;
  /** Who wrote it; in a group somebody else than the chat. */
  readonly senderJid: string;
  /** The sender's LID, where it is known. */
  readonly senderLid?: string;
  readonly senderName?: string;
  readonly sentAt: number;
  readonly type: string;
  /** Text or caption. */
  readonly text?: string;
  /** Id of the message it answers, or reacts to. */
  readonly quotedId?: string;
  /** Of a reaction; empty when it was taken back. */
  readonly reaction?: string;
  readonly selection?: Selection;
  readonly location?: { readonly latitude: number; readonly longitude: number; readonly name?: string };
  /** vCards. */
  readonly contacts?: readonly string[];
  readonly media?: ReceivedMedia;
}

/** Whether the media of a received message can be had. */
export type MediaFate = 'pending' | 'stored' | 'too-large' | 'failed' | 'off';

/** Where media lies on WhatsApp's media host, and the key it is encrypted with; bytes as base64. */
export interface StoredMediaReference {
  readonly directPath: string;
  readonly mediaKey: string;
  readonly fileSha256: string;
  readonly fileEncSha256: string;
}

/** A received message as it is kept. */
export interface StoredReceived {
  readonly message: ReceivedMessage;
  readonly deviceId: string;
  readonly tenantId: string;
  /** Set when the message carries media. */
  readonly fate?: MediaFate;
  /** Until when it is worth waiting for media that is pending, ms since the epoch. */
  readonly until?: number;
  /** While it is pending: what it is fetched with, by this worker or its successor. */
  readonly reference?: StoredMediaReference;
  /** Of the media in the blob store. */
  readonly sha256?: string;
}
