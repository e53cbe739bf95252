/** Messages as bytes, for whoever keeps them, and with their media apart, since a campaign's is always the same. */
import { normalizeMessageContent, proto } from '@whiskeysockets/baileys';

/** WhatsApp's message protobuf. */
export type MessageProto = proto.Message;

export interface SplitMessage {
  /** The message without its media. */
  readonly bytes: Buffer;
  /** A message with nothing but the media; undefined when there is none. */
  readonly shared: Buffer | undefined;
}

type WithContext = { readonly contextInfo?: proto.IContextInfo | null };

/** Parts of a message that carry media, or a thumbnail. */
const CARRIERS = [
  'imageMessage',
  'videoMessage',
  'audioMessage',
  'stickerMessage',
  'documentMessage',
  'locationMessage',
] as const;
/** What of them is the same for everyone who gets the same file. */
const MEDIA_FIELDS = [
  'url',
  'directPath',
  'mimetype',
  'mediaKey',
  'mediaKeyTimestamp',
  'fileSha256',
  'fileEncSha256',
  'fileLength',
  'width',
  'height',
  'seconds',
  'waveform',
  'isAnimated',
  'pageCount',
  'jpegThumbnail',
] as const;

type Carrier = { [field in (typeof MEDIA_FIELDS)[number]]?: unknown };

/** The part of a message that carries media, inside a view-once wrapper or not. */
function carrierOf(message: proto.IMessage): { name: (typeof CARRIERS)[number]; part: Carrier } | undefined {
  const inner = normalizeMessageContent(message);
  for (const name of CARRIERS) {
    const part = inner?.[name];
    if (part) return { name, part };
  }
  return undefined;
}

export function splitMessage(message: proto.IMessage): SplitMessage {
  const copy = proto.Message.decode(proto.Message.encode(message).finish());
  const carrier = carrierOf(copy);
  const media = carrier && takeMedia(carrier.part);
  const shared = carrier && media && proto.Message.encode({ [carrier.name]: media }).finish();
  return { bytes: Buffer.from(proto.Message.encode(copy).finish()), shared: shared && Buffer.from(shared) };
}

/** @returns what was taken out; undefined when there was nothing. */
function takeMedia(part: Carrier): Carrier | undefined {
  const set = MEDIA_FIELDS.filter((field) => Object.hasOwn(part, field));
  const media: Carrier = {};
  for (const field of set) {
    media[field] = part[field];
    delete part[field];
  }
  return set.length > 0 ? media : undefined;
}

export function joinMessage({ bytes, shared }: SplitMessage): proto.Message {
  const message = proto.Message.decode(bytes);
  const media = shared && carrierOf(proto.Message.decode(shared))?.part;
  const carrier = media && carrierOf(message)?.part;
  if (carrier) for (const field of MEDIA_FIELDS) if (Object.hasOwn(media, field)) carrier[field] = media[field];
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
