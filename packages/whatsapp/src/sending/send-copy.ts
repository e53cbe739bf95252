/**
 * One message for one device, under the id it was sent with. Baileys' own way to do that, its answer to a retry receipt,
 * encrypts it twice into one stanza.
 */
import {
  type BinaryNode,
  encodeSignedDeviceIdentity,
  encodeWAMessage,
  jidNormalizedUser,
  normalizeMessageContent,
  type proto,
  type WASocket,
} from '@whiskeysockets/baileys';

export interface MessageCopy {
  readonly id: string;
  /** The chat it belongs to. */
  readonly jid: string;
  readonly message: proto.IMessage;
  readonly nodes: readonly BinaryNode[];
  readonly deviceJid: string;
}

/** What WhatsApp calls the media of a message, by the field that holds it. */
const MEDIA_TYPES: Partial<Record<keyof proto.IMessage, string>> = {
  imageMessage: 'image',
  videoMessage: 'video',
  audioMessage: 'audio',
  documentMessage: 'document',
  stickerMessage: 'sticker',
  contactMessage: 'vcard',
  contactsArrayMessage: 'contact_array',
  listMessage: 'list',
};

function mediaTypeOf(message: proto.IMessage): string | undefined {
  if (message.audioMessage?.ptt) return 'ptt';
  const field = Object.keys(message).find((name) => message[name as keyof proto.IMessage]) as keyof proto.IMessage;
  return MEDIA_TYPES[field];
}

function messageTypeOf(message: proto.IMessage, mediaType: string | undefined): string {
  if (message.reactionMessage) return 'reaction';
  if (message.pollCreationMessage ?? message.pollCreationMessageV2 ?? message.pollCreationMessageV3) return 'poll';
  return mediaType === undefined ? 'text' : 'media';
}

/** Resolves when it is written. The device's Signal session must exist. */
export async function sendCopy(socket: WASocket, { id, jid, message, nodes, deviceJid }: MessageCopy): Promise<void> {
  const { creds } = socket.authState;
  const content = normalizeMessageContent(message) ?? message;
  const mediaType = mediaTypeOf(content);
  const isOwn = [creds.me?.id, creds.me?.lid].some(
    (own) => own && jidNormalizedUser(own) === jidNormalizedUser(deviceJid),
  );
  const { messageContextInfo } = message;
  const forDevice = isOwn ? { deviceSentMessage: { destinationJid: jid, message }, messageContextInfo } : message;
  const encrypted = await socket.signalRepository.encryptMessage({ jid: deviceJid, data: encodeWAMessage(forDevice) });
  const identity =
    encrypted.type === 'pkmsg' && creds.account
      ? [{ tag: 'device-identity', attrs: {}, content: encodeSignedDeviceIdentity(creds.account, true) }]
      : [];
  await socket.sendNode({
    tag: 'message',
    attrs: {
      ...{ id, to: deviceJid, type: messageTypeOf(content, mediaType), device_fanout: 'false' },
      ...(isOwn ? { recipient: jid } : {}),
    },
    content: [
      {
        tag: 'enc',
        attrs: { v: '2', type: encrypted.type, ...(mediaType === undefined ? {} : { mediatype: mediaType }) },
        content: encrypted.ciphertext,
      },
      ...identity,
      ...nodes,
    ],
  });
}
