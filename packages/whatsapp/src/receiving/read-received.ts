/** From what Baileys hands out to what Pombo tells of a received message. */
import type { ReceivedMedia, ReceivedMessage, Selection } from '@pombo/contracts';
import {
  getContentType,
  isJidBroadcast,
  isJidGroup,
  isJidNewsletter,
  isLidUser,
  jidNormalizedUser,
  normalizeMessageContent,
  type proto,
  type WAMessage,
} from '@whiskeysockets/baileys';

/** Where media is, and the key it is encrypted with. */
export interface MediaReference {
  readonly kind: ReceivedMedia['kind'];
  readonly directPath: string;
  readonly mediaKey: Buffer;
  readonly fileSha256: Buffer;
  readonly fileEncSha256: Buffer;
}

export interface Received {
  readonly message: ReceivedMessage;
  readonly media: MediaReference | undefined;
}

type Content = proto.IMessage;
type MediaContent = proto.Message.IImageMessage &
  proto.Message.IVideoMessage &
  proto.Message.IAudioMessage &
  proto.Message.IDocumentMessage &
  proto.Message.IStickerMessage;

const MEDIA_TYPES: Readonly<Record<string, ReceivedMedia['kind']>> = {
  imageMessage: 'image',
  videoMessage: 'video',
  ptvMessage: 'video',
  audioMessage: 'audio',
  documentMessage: 'document',
  stickerMessage: 'sticker',
};

/** Names for what is not media; anything else goes by WhatsApp's own name without `Message`. */
const TYPES: Readonly<Record<string, string>> = {
  conversation: 'text',
  extendedTextMessage: 'text',
  locationMessage: 'location',
  liveLocationMessage: 'location',
  contactMessage: 'contact',
  contactsArrayMessage: 'contacts',
  reactionMessage: 'reaction',
  listResponseMessage: 'list_reply',
  buttonsResponseMessage: 'button_reply',
  templateButtonReplyMessage: 'button_reply',
  interactiveResponseMessage: 'button_reply',
};

/** Said between devices and not by people. */
const NOT_SAID: ReadonlySet<string> = new Set([
  'protocolMessage',
  'senderKeyDistributionMessage',
  'messageContextInfo',
  'keepInChatMessage',
  'encReactionMessage',
]);

/** @returns undefined for what nobody has written to us: our own messages, statuses, channels, protocol. */
export function readReceived(received: WAMessage): Received | undefined {
  const { key, message } = received;
  const content = normalizeMessageContent(message);
  const type = content && getContentType(content);
  if (key.fromMe || !key.id || !key.remoteJid || !content || !type || NOT_SAID.has(type)) return undefined;
  if (isJidBroadcast(key.remoteJid) || isJidNewsletter(key.remoteJid)) return undefined;
  const kind = MEDIA_TYPES[type];
  const media = kind && ((content as Record<string, unknown>)[type] as MediaContent);
  return {
    message: {
      messageId: key.id,
      ...people(received),
      sentAt: Number(received.messageTimestamp ?? 0) * 1000,
      type: kind ?? TYPES[type] ?? type.replace(/Message(?:V\d+)?$/, ''),
      ...sayings(content, media),
      ...(kind && media ? { media: describeMedia(kind, media) } : {}),
    },
    media: kind && media ? referenceTo(kind, media) : undefined,
  };
}

/** A number says more to a customer than a LID does. */
function people({ key, pushName }: WAMessage) {
  const isGroup = isJidGroup(key.remoteJid ?? '') === true;
  const ids = isGroup ? [key.participant, key.participantAlt] : [key.remoteJid, key.remoteJidAlt];
  const known = ids.flatMap((jid) => (jid ? [jidNormalizedUser(jid)] : []));
  const sender = known.find((jid) => !isLidUser(jid)) ?? known[0] ?? '';
  const lid = known.find((jid) => isLidUser(jid));
  return {
    chatJid: isGroup ? jidNormalizedUser(key.remoteJid ?? '') : sender,
    senderJid: sender,
    ...(lid === undefined ? {} : { senderLid: lid }),
    ...(pushName ? { senderName: pushName } : {}),
  };
}

function sayings(content: Content, media: MediaContent | undefined): Partial<ReceivedMessage> {
  const { extendedTextMessage: extended, reactionMessage: reaction, contactMessage, contactsArrayMessage } = content;
  const text = content.conversation ?? extended?.text ?? media?.caption;
  const quotedId = reaction?.key?.id ?? contextOf(content)?.stanzaId;
  const place = content.locationMessage ?? content.liveLocationMessage;
  const selection = readSelection(content);
  const cards = [contactMessage, ...(contactsArrayMessage?.contacts ?? [])].flatMap((card) => card?.vcard ?? []);
  return {
    ...(text ? { text } : {}),
    ...(quotedId ? { quotedId } : {}),
    ...(reaction ? { reaction: reaction.text ?? '' } : {}),
    ...(selection ? { selection } : {}),
    ...(place ? { location: readLocation(place) } : {}),
    ...(cards.length > 0 ? { contacts: cards } : {}),
  };
}

function contextOf(content: Content): proto.IContextInfo | null | undefined {
  for (const part of Object.values(content) as unknown[]) {
    const context = (part as { contextInfo?: proto.IContextInfo | null } | null)?.contextInfo;
    if (context) return context;
  }
  return undefined;
}

function readLocation(place: proto.Message.ILocationMessage) {
  const { degreesLatitude, degreesLongitude, name } = place;
  return { latitude: degreesLatitude ?? 0, longitude: degreesLongitude ?? 0, ...(name ? { name } : {}) };
}

function readSelection(content: Content): Selection | undefined {
  const { listResponseMessage: list, buttonsResponseMessage: button, templateButtonReplyMessage: template } = content;
  if (list) return selectionOf(list.singleSelectReply?.selectedRowId, list.title);
  if (button) return selectionOf(button.selectedButtonId, button.selectedDisplayText);
  if (template) return selectionOf(template.selectedId, template.selectedDisplayText);
  const flow = content.interactiveResponseMessage;
  if (!flow) return undefined;
  return selectionOf(idFromParams(flow.nativeFlowResponseMessage?.paramsJson), flow.body?.text);
}

const selectionOf = (id: string | null | undefined, title: string | null | undefined): Selection | undefined =>
  id ? { id, ...(title ? { title } : {}) } : undefined;

/** The sender's client wrote it, so it may be anything. */
function idFromParams(json: string | null | undefined): string | undefined {
  try {
    const { id } = JSON.parse(json ?? '{}') as { id?: unknown };
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}

function describeMedia(kind: ReceivedMedia['kind'], media: MediaContent): ReceivedMedia {
  const { mimetype, fileLength, fileName, seconds, ptt } = media;
  return {
    kind,
    ...(mimetype ? { mimeType: mimetype } : {}),
    ...(fileLength ? { sizeBytes: Number(fileLength) } : {}),
    ...(fileName ? { fileName } : {}),
    ...(seconds ? { seconds } : {}),
    ...(ptt ? { voiceNote: true } : {}),
  };
}

function referenceTo(kind: ReceivedMedia['kind'], media: MediaContent): MediaReference | undefined {
  const { directPath, mediaKey, fileSha256, fileEncSha256 } = media;
  if (!directPath || !mediaKey?.length || !fileSha256?.length || !fileEncSha256?.length) return undefined;
  const [key, hash, encHash] = [mediaKey, fileSha256, fileEncSha256].map((bytes) => Buffer.from(bytes));
  return { kind, directPath, mediaKey: key as Buffer, fileSha256: hash as Buffer, fileEncSha256: encHash as Buffer };
}
