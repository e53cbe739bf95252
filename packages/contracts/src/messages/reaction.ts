/** `POST /send/reaction`. */
import Joi from 'joi';
import { recipientSchema } from '../recipient.js';
import { type CommonSend, commonSendKeys } from './common.js';

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
  messageId: Joi.string().max(128).required(),
  reaction: Joi.string().allow('').max(MAX_EMOJI_LENGTH).required(),
  fromMe: Joi.boolean().default(false),
  participant: recipientSchema,
});
