/** `POST /send/poll`. */
import Joi from 'joi';
import type { SendDocs } from '../send-docs.js';
import { type CommonSend, commonSendKeys } from './common.js';
import { limitedText } from './limited-text.js';

export interface PollSend extends CommonSend {
  readonly question: string;
  readonly options: ReadonlyArray<{ readonly option_name: string }>;
  readonly allow_multiple_answers: boolean;
}

/** WhatsApp's own limits. */
const MIN_OPTIONS = 2;
const MAX_OPTIONS = 12;

export const pollSendSchema = Joi.object<PollSend>({
  ...commonSendKeys,
  question: limitedText(255).required().description('What is asked.'),
  options: Joi.array()
    .items(Joi.object({ option_name: limitedText(100).required() }))
    .min(MIN_OPTIONS)
    .max(MAX_OPTIONS)
    .unique('option_name')
    .required()
    .description('What can be answered; no two the same.'),
  allow_multiple_answers: Joi.boolean().default(false).description('Whether several options may be chosen.'),
});

export const pollDocs: SendDocs = {
  summary: 'Send a poll',
  description: 'A question with 2 to 12 answers.',
  examples: {
    'A poll': {
      number: '5511999999999',
      question: 'Which day suits you?',
      options: [{ option_name: 'Monday' }, { option_name: 'Tuesday' }],
      allow_multiple_answers: true,
    },
  },
};
