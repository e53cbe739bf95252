/** The table message type → builder. */
import type { MessageContent, MessageType } from '@pombo/contracts';
import type { BinaryNode, proto } from '@whiskeysockets/baileys';
import { audioMessage } from './audio-message.js';
import { buttonsMessage } from './buttons-message.js';
import { contactMessage, contactsMessage } from './contact-message.js';
import { documentMessage } from './document-message.js';
import { imageMessage } from './image-message.js';
import { interactiveMessage } from './interactive-message.js';
import { locationMessage } from './location-message.js';
import type { BuildParts, MessageBuilder } from './message-builder.js';
import { pollMessage } from './poll-message.js';
import { reactionMessage } from './reaction-message.js';
import { sealMessage } from './seal-message.js';
import { stickerMessage } from './sticker-message.js';
import { textMessage } from './text-message.js';
import { videoMessage } from './video-message.js';

const BUILDERS: { readonly [T in MessageType]: MessageBuilder<T> } = {
  image: imageMessage,
  video: videoMessage,
  audio: audioMessage,
  sticker: stickerMessage,
  document: documentMessage,
  interactive: interactiveMessage,
  text: textMessage,
  location: locationMessage,
  contact: contactMessage,
  contacts: contactsMessage,
  poll: pollMessage,
  reaction: reactionMessage,
  buttons: buttonsMessage,
};

/** Content and builder belong together by `type`, which TypeScript cannot follow through a look-up. */
const builderOf = (content: MessageContent) => BUILDERS[content.type] as MessageBuilder<MessageType>;

/** The protobuf of a message, as it is to be sent. */
export function buildMessage(content: MessageContent, parts: BuildParts): proto.Message {
  return sealMessage(builderOf(content).build(content, parts), { viewOnce: isViewOnce(content) });
}

/** Whether the message can be opened only once. */
export function isViewOnce(content: MessageContent): boolean {
  return 'viewOnce' in content && content.viewOnce === true;
}

/** Nodes the stanza carries besides the message. */
export function buildNodes(content: MessageContent, chatJid: string): BinaryNode[] {
  return builderOf(content).nodes?.(content, chatJid) ?? [];
}
