import { type MessageBuilder, withContext } from './message-builder.js';

export const textMessage: MessageBuilder<'text'> = {
  build: ({ text }, { contextInfo }) => ({ extendedTextMessage: { text, ...withContext(contextInfo) } }),
};
