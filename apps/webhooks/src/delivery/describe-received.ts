/** A received message as its event tells it. */
import { rfc3339, type StoredReceived } from '@pombo/contracts';

export function describeReceived({ message, deviceId }: StoredReceived) {
  const { messageId, chatJid, senderJid, senderLid, senderName, text, quotedId, reaction } = message;
  const isGroup = chatJid.endsWith('@g.us');
  return {
    message_id: messageId,
    status: 'received',
    device_id: deviceId,
    chat_jid: chatJid,
    is_group: isGroup,
    from_me: false,
    sender_jid: senderJid,
    ...(senderLid === undefined ? {} : { sender_lid: senderLid }),
    ...(senderName === undefined ? {} : { sender_name: senderName }),
    type: message.type,
    timestamp: rfc3339(message.sentAt),
    ...(text === undefined ? {} : { text }),
    ...(reaction === undefined ? {} : { reaction }),
    ...(quotedId === undefined ? {} : { quoted_message_id: quotedId }),
    ...(message.selection ? { selection: message.selection } : {}),
    ...(message.location ? { location: message.location } : {}),
    ...(message.contacts ? { contacts: message.contacts } : {}),
    ...describeMedia(message),
    // As `quoted` and reactions take it.
    key: { id: messageId, remoteJid: chatJid, fromMe: false, ...(isGroup ? { participant: senderJid } : {}) },
  };
}

function describeMedia({ media, messageId }: StoredReceived['message']) {
  if (!media) return {};
  const { mimeType, sizeBytes, fileName, seconds, voiceNote } = media;
  return {
    media: {
      kind: media.kind,
      ...(mimeType === undefined ? {} : { mime_type: mimeType }),
      ...(sizeBytes === undefined ? {} : { size_bytes: sizeBytes }),
      ...(fileName === undefined ? {} : { file_name: fileName }),
      ...(seconds === undefined ? {} : { seconds }),
      ...(voiceNote === undefined ? {} : { voice_note: voiceNote }),
      url: `/messages/${encodeURIComponent(messageId)}/media`,
    },
  };
}
