/** `POST /send/text`. */
import Joi from 'joi';
import { type CommonSend, commonSendKeys, MAX_DELAY_SECONDS } from './common.js';

export interface TextSend extends CommonSend {
  readonly text: string;
}

const MAX_TEXT_LENGTH = 4096;

export const textSendSchema = Joi.object<TextSend & { typingDuration?: number }>({
  ...commonSendKeys,
  text: Joi.string().max(MAX_TEXT_LENGTH).required(),
  // The other name the compatible API has for `delay`, on this route only.
  typingDuration: Joi.number().integer().min(0).max(MAX_DELAY_SECONDS),
}).custom(({ typingDuration, ...body }: TextSend & { typingDuration?: number }) =>
  typingDuration === undefined || body.delay > 0 ? body : { ...body, delay: typingDuration },
);
