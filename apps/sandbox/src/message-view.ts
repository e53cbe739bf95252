import { proto } from '@pombo/whatsapp/protocol';
import { findMedia } from './media/find-media.js';
import type { MediaCheck, MediaInspector } from './media/media-check.js';
import type { TypingState } from './people/inbox.js';
import type { DecryptFailure, ReceivedMessage } from './people/received-message.js';

export interface MediaView extends MediaCheck {
  /** The decrypted file; only when asked for. */
  readonly bytesBase64?: string;
}

/** What an account holds of one message id. Devices are named by id; 0 is the phone. */
export interface MessageView {
  readonly id: string;
  readonly order: number;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** Device jid of the sender. */
  readonly from: string;
  /** Jid of the other party or group. */
  readonly chat: string;
  /** Sent by a device of this very account: a copy on its phone. */
  readonly fromMe: boolean;
  /** 1 once the phone could read it, however often it arrived. */
  readonly displayedCount: number;
  readonly arrivals: Readonly<Record<string, number>>;
  readonly decrypted: Readonly<Record<string, number>>;
  /** `pkmsg`, `msg` or `skmsg` as last seen. */
  readonly encTypes: Readonly<Record<string, string>>;
  readonly failures: readonly DecryptFailure[];
  /** Attributes of the stanza as the sender wrote it. */
  readonly attrs: Readonly<Record<string, string>>;
  readonly childTags: readonly string[];
  /** The decrypted message as JSON, bytes in base64. Absent when no device could read it, or when it was crowded out. */
  readonly message?: Readonly<Record<string, unknown>>;
  readonly media?: MediaView;
}

export interface RecipientView {
  readonly number: string;
  readonly jid: string;
  readonly lid: string;
  /** Ids of the devices. */
  readonly devices: readonly number[];
  /** In the order they first arrived. */
  readonly messages: readonly MessageView[];
  readonly typing: readonly TypingState[];
}

/** Waits for the media check, if there is one. */
export async function viewMessage(
  message: ReceivedMessage,
  inspector: MediaInspector,
  withMediaBytes: boolean,
): Promise<MessageView> {
  const { id, order, receivedAt, from, chat, fromMe, displayedCount, failures, attrs, childTags, content } = message;
  const media = await viewMedia(message, inspector, withMediaBytes);
  return {
    ...{ id, order, receivedAt, from, chat, fromMe, displayedCount, failures, attrs, childTags },
    arrivals: Object.fromEntries(message.arrivals),
    decrypted: Object.fromEntries(message.decrypted),
    encTypes: Object.fromEntries(message.encTypes),
    ...(content ? { message: messageAsJson(content) } : {}),
    ...(media ? { media } : {}),
  };
}

async function viewMedia(
  message: ReceivedMessage,
  inspector: MediaInspector,
  withBytes: boolean,
): Promise<MediaView | undefined> {
  const check = await message.media;
  const reference = message.content && findMedia(message.content);
  if (!withBytes || !check?.ok || !reference) return check;
  return { ...check, bytesBase64: (await inspector.read(reference)).toString('base64') };
}

/** Bytes in base64, enums by name. */
export function messageAsJson(content: proto.IMessage): Record<string, unknown> {
  const options = { longs: Number, enums: String, bytes: String };
  return proto.Message.toObject(proto.Message.create(content), options);
}
