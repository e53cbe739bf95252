/** `POST /send/buttons`. */
import Joi from 'joi';
import type { SendDocs } from '../send-docs.js';
import { type CommonSend, commonSendKeys } from './common.js';
import { limitedText } from './limited-text.js';

export interface ButtonsSend extends CommonSend {
  readonly message: string;
  readonly footer?: string;
  readonly buttons: ReadonlyArray<{ readonly id: string; readonly display_text: string }>;
}

const MAX_BUTTONS = 3;

export const buttonsSendSchema = Joi.object<ButtonsSend>({
  ...commonSendKeys,
  message: limitedText(1024).required().description('The text above the buttons.'),
  footer: limitedText(60).empty('').description('Small, below the text.'),
  buttons: Joi.array()
    .items(Joi.object({ id: Joi.string().max(256).required(), display_text: limitedText(20).required() }))
    .min(1)
    .max(MAX_BUTTONS)
    .unique('id')
    .required()
    .description('`id` comes back when a button is pressed; no two the same.'),
});

export const buttonsDocs: SendDocs = {
  summary: 'Send up to three buttons',
  description: 'Buttons that answer with their text when they are pressed.',
  examples: {
    'Two buttons': {
      number: '5511999999999',
      message: 'Shall we deliver tomorrow?',
      footer: 'Pombo',
      buttons: [
        { id: 'yes', display_text: 'Yes' },
        { id: 'no', display_text: 'Another day' },
      ],
    },
  },
};
