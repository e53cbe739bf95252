/** `POST /send/reaction`. */
import Joi from 'joi';
import { recipientSchema } from '../recipient.js';
import type { SendDocs } from '../send-docs.js';
import { type CommonSend, commonSendKeys } from './common.js';
import { limitedText } from './limited-text.js';

export interface ReactionSend extends CommonSend {
  /** The message reacted to. */
  readonly messageId: string;
  /** One emoji; an empty one takes the reaction back. */
  readonly reaction: string;
  /** Whether the message reacted to is one of ours. */
  readonly fromMe: boolean;
  /** JID of who wrote it, in a group. */
  readonly participant?: string;
}

const MAX_EMOJI_LENGTH = 32;

export const reactionSendSchema = Joi.object<ReactionSend>({
  ...commonSendKeys,
  messageId: Joi.string().max(128).required().description('The message reacted to.'),
  reaction: limitedText(MAX_EMOJI_LENGTH).allow('').required().description('One emoji; an empty text takes it back.'),
  fromMe: Joi.boolean().default(false).description('Whether that message is one of yours.'),
  participant: recipientSchema.description('Who wrote that message, in a group.'),
});

export const reactionDocs: SendDocs = {
  summary: 'React to a message',
  description: 'An empty `reaction` takes an earlier one back.',
  examples: {
    'A heart': {
      number: '5511999999999',
      messageId: '3EB0C4E1B7A29D5F6E8031',
      reaction: '❤️',
      fromMe: false,
    },
  },
};
