/** The table message type → builder. */
import type { MessageContent, MessageType } from '@pombo/contracts';
import type { BinaryNode, proto } from '@whiskeysockets/baileys';
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
import { textMessage } from './text-message.js';

const BUILDERS: { readonly [T in MessageType]: MessageBuilder<T> } = {
  image: imageMessage,
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
  const viewOnce = 'viewOnce' in content && content.viewOnce === true;
  return sealMessage(builderOf(content).build(content, parts), { viewOnce });
}

/** Nodes the stanza carries besides the message. */
export function buildNodes(content: MessageContent, chatJid: string): BinaryNode[] {
  return builderOf(content).nodes?.(content, chatJid) ?? [];
}
