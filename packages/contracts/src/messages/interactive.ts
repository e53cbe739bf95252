/** `POST /send/interactive`: a single-select list. The limits are WhatsApp's own. */
import Joi from 'joi';
import type { SendDocs } from '../send-docs.js';
import { type CommonSend, commonSendKeys } from './common.js';
import { limitedText } from './limited-text.js';

export interface ListRow {
  readonly id: string;
  readonly title: string;
  readonly description?: string;
}

export interface ListSection {
  readonly title?: string;
  readonly rows: readonly ListRow[];
}

export interface InteractiveSend extends CommonSend {
  readonly title?: string;
  readonly body: string;
  readonly footer?: string;
  readonly button_text: string;
  readonly sections: readonly ListSection[];
}

const MAX_SECTIONS = 10;
const MAX_ROWS = 10;

const rowSchema = Joi.object<ListRow>({
  id: Joi.string().max(200).required(),
  title: limitedText(24).required(),
  description: limitedText(72).empty(''),
});

const sectionSchema = Joi.object<ListSection>({
  title: limitedText(24).empty(''),
  rows: Joi.array().items(rowSchema).min(1).max(MAX_ROWS).required(),
});

function checkSections(sections: readonly ListSection[], helpers: Joi.CustomHelpers): unknown {
  const rows = sections.flatMap((section) => section.rows);
  if (rows.length > MAX_ROWS) return helpers.error('list.rows');
  if (new Set(rows.map(({ id }) => id)).size < rows.length) return helpers.error('list.ids');
  if (sections.length > 1 && sections.some(({ title }) => title === undefined)) return helpers.error('list.titles');
  return sections;
}

export const interactiveSendSchema = Joi.object<InteractiveSend>({
  ...commonSendKeys,
  title: limitedText(60).empty('').description('Above the text, in bold.'),
  body: limitedText(1024).required().description('The text.'),
  footer: limitedText(60).empty('').description('Small, below the text.'),
  button_text: limitedText(20).required().description('On the button that opens the list.'),
  sections: Joi.array()
    .items(sectionSchema)
    .min(1)
    .max(MAX_SECTIONS)
    .required()
    .description('At most 10 rows in all, each with an id of its own; several sections need a title each.')
    .custom(checkSections)
    .messages({
      'list.rows': `{{#label}} must have at most ${MAX_ROWS} rows in all`,
      'list.ids': '{{#label}} must not use one row id twice',
      'list.titles': '{{#label}} need a title each when there are several',
    }),
});

export const interactiveDocs: SendDocs = {
  summary: 'Send a list to choose from',
  description:
    'A single-select menu: 1 to 10 sections with 1 to 10 rows in all. Row ids are unique; with several sections each needs a title. In a group, where WhatsApp shows no lists, the same menu goes out as buttons that open it.',
  examples: {
    'A menu': {
      to: '5511999999999',
      title: 'Pombo Café',
      body: 'What may we bring you?',
      footer: 'Open until 18:00',
      button_text: 'See the menu',
      sections: [
        {
          title: 'Hot',
          rows: [
            { id: 'espresso', title: 'Espresso', description: 'Short and strong' },
            { id: 'galao', title: 'Galão' },
          ],
        },
        { title: 'Cold', rows: [{ id: 'mazagran', title: 'Mazagran', description: 'Coffee, lemon, ice' }] },
      ],
    },
  },
};
