/** Messages as bytes, for whoever keeps them, and with the thumbnail apart, since a campaign's is always the same. */
import { normalizeMessageContent, proto } from '@whiskeysockets/baileys';

/** WhatsApp's message protobuf. */
export type MessageProto = proto.Message;

export interface SplitMessage {
  readonly bytes: Buffer;
  readonly thumbnail: Buffer | undefined;
}

type WithContext = { readonly contextInfo?: proto.IContextInfo | null };
type WithThumbnail = { jpegThumbnail?: Uint8Array | null };

/** The part of a message that carries a thumbnail, inside a view-once wrapper or not. */
function thumbnailCarrier(message: proto.IMessage): WithThumbnail | undefined {
  const inner = normalizeMessageContent(message);
  return inner?.imageMessage ?? inner?.videoMessage ?? inner?.documentMessage ?? inner?.locationMessage ?? undefined;
}

export function splitMessage(message: proto.IMessage): SplitMessage {
  const copy = proto.Message.decode(proto.Message.encode(message).finish());
  const carrier = thumbnailCarrier(copy);
  const thumbnail = carrier?.jpegThumbnail?.length ? Buffer.from(carrier.jpegThumbnail) : undefined;
  if (carrier) carrier.jpegThumbnail = null;
  return { bytes: Buffer.from(proto.Message.encode(copy).finish()), thumbnail };
}

export function joinMessage({ bytes, thumbnail }: SplitMessage): proto.Message {
  const message = proto.Message.decode(bytes);
  const carrier = thumbnailCarrier(message);
  if (carrier && thumbnail) carrier.jpegThumbnail = thumbnail;
  return message;
}

/** Mentions and quote that a message really carries. */
export function carriedContext(message: proto.IMessage): { readonly mentions: number; readonly quote: boolean } {
  const { mentionedJid, stanzaId } = contextInfoOf(message) ?? {};
  return { mentions: mentionedJid?.length ?? 0, quote: Boolean(stanzaId) };
}

function contextInfoOf(message: proto.IMessage): proto.IContextInfo | undefined {
  const parts = Object.values(normalizeMessageContent(message) ?? {}) as Array<WithContext | null | undefined>;
  return parts.find((part) => part?.contextInfo)?.contextInfo ?? undefined;
}

/** A message of ours as a quote shows it: without its secret, its own context and its view-once wrapper. */
export function quotableMessage(sent: SplitMessage): proto.IMessage {
  const quoted: proto.IMessage = normalizeMessageContent(joinMessage(sent)) ?? {};
  quoted.messageContextInfo = null;
  for (const part of Object.values(quoted) as unknown[]) {
    if (typeof part === 'object' && part !== null && 'contextInfo' in part) part.contextInfo = null;
  }
  return quoted;
}
