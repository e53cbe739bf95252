/** `POST /send/text`. */
import Joi from 'joi';
import type { SendDocs } from '../send-docs.js';
import { type CommonSend, commonSendKeys, MAX_DELAY_SECONDS } from './common.js';
import { limitedText } from './limited-text.js';

export interface TextSend extends CommonSend {
  readonly text: string;
}

const MAX_TEXT_LENGTH = 4096;

export const textSendSchema = Joi.object<TextSend & { typingDuration?: number }>({
  ...commonSendKeys,
  text: limitedText(MAX_TEXT_LENGTH).required().description('With WhatsApp’s markdown; links get no preview.'),
  // The other name the compatible API has for `delay`, on this route only.
  typingDuration: Joi.number().integer().min(0).max(MAX_DELAY_SECONDS),
})
  .meta({ customOf: ['typingDuration'] })
  .custom(({ typingDuration, ...body }: TextSend & { typingDuration?: number }) =>
    typingDuration === undefined || body.delay > 0 ? body : { ...body, delay: typingDuration },
  );

export const textDocs: SendDocs = {
  summary: 'Send a text',
  description: 'Up to 4096 characters. `typingDuration` is another name of `delay`, on this route only.',
  examples: {
    'A text': { number: '5511999999999', text: 'Hello from *Pombo*' },
    'An answer to an earlier message, after two seconds of typing': {
      number: '5511999999999',
      text: 'Yes, we are open.',
      delay: 2,
      quoted: {
        key: { id: '3EB0C4E1B7A29D5F6E8031', fromMe: false },
        message: { conversation: 'Are you open today?' },
      },
    },
  },
};
