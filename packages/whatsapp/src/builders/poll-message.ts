import type { proto } from '@whiskeysockets/baileys';
import { type MessageBuilder, withContext } from './message-builder.js';

/** How many options may be chosen; 0 means any number. */
const ONE = 1;
const ANY = 0;

export const pollMessage: MessageBuilder<'poll'> = {
  build({ question, options, allow_multiple_answers: several }, { contextInfo }) {
    const poll: proto.Message.IPollCreationMessage = {
      name: question,
      options: options.map(({ option_name: optionName }) => ({ optionName })),
      selectableOptionsCount: several ? ANY : ONE,
      ...withContext(contextInfo),
    };
    // WhatsApp's clients use the third version for polls with a single answer, as Baileys does.
    return several ? { pollCreationMessage: poll } : { pollCreationMessageV3: poll };
  },
  nodes: () => [{ tag: 'meta', attrs: { polltype: 'creation' } }],
};
