/** What every `/send/*` body shares. */
import Joi from 'joi';
import { isMessageId, MESSAGE_ID } from '../message-id.js';
import { PRIORITIES, type Priority } from '../message-state.js';
import { recipientSchema } from '../recipient.js';
import { timeSchema } from '../rfc3339.js';
import { limitedText } from './limited-text.js';

/** A message may be scheduled this many days ahead. */
const MAX_SCHEDULE_DAYS = 35;
const DAY_MS = 24 * 60 * 60 * 1000;
/** How long a message waits for its device unless `expires_in` says otherwise, in seconds. */
export const DEFAULT_EXPIRES_IN_SECONDS = 86_400;
const MAX_EXPIRES_IN_SECONDS = 35 * 86_400;
/** Longest typing presence before a message, in seconds. */
export const MAX_DELAY_SECONDS = 60;
/** WhatsApp's own clients cut captions here. */
const MAX_CAPTION_LENGTH = 1024;

export const captionSchema = limitedText(MAX_CAPTION_LENGTH)
  .empty('')
  .description('With WhatsApp’s markdown: `*bold*`, `_italic_`, `~struck~`.');

/** The message a new one answers to: all of it, or the id of one this gateway sent. */
export type Quoted =
  | { readonly messageId: string }
  | {
      readonly key: { readonly id: string; readonly fromMe: boolean; readonly participant?: string };
      readonly message: { readonly conversation: string };
    };

/** The validated common part of a send. Times in milliseconds since the epoch, spans in seconds as in the API. */
export interface CommonSend {
  /** JID made from `number` or `to`. */
  readonly to: string;
  readonly device_id?: string;
  readonly delay: number;
  readonly mentioned: readonly string[];
  readonly quoted?: Quoted;
  readonly send_at?: Date;
  readonly expires_in: number;
  readonly priority: Priority;
  readonly client_reference?: string;
}

const quotedKey = Joi.object({
  id: Joi.string().max(128).required(),
  fromMe: Joi.boolean().required(),
  participant: recipientSchema,
  remoteJid: Joi.string().max(64),
});

/** Clients hand on all that WhatsApp told them of a message; its text is what a quote shows. */
const quotedMessage = Joi.object({ conversation: Joi.string().max(65_536).allow('').required() })
  .unknown(true)
  .custom(({ conversation }: { conversation: string }) => ({ conversation }));

/** For the API's document. */
const ownMessageId = { jsonSchema: { pattern: MESSAGE_ID.source } };

const quotedById = Joi.string()
  .custom((value: string, helpers) => (isMessageId(value) ? { messageId: value } : helpers.error('quoted.id')))
  .meta(ownMessageId);

const QUOTED_HELP =
  '{{#label}} must be the message_id of a message sent through this gateway, or an object with key (id, fromMe) and message (conversation)';

const quotedSchema = Joi.alternatives()
  .conditional(Joi.string(), {
    then: quotedById,
    otherwise: Joi.alternatives().conditional(Joi.object({ message_id: Joi.exist() }).unknown(true), {
      then: Joi.object({ message_id: Joi.string().required().meta(ownMessageId) }).custom(
        (value: { message_id: string }, helpers) =>
          isMessageId(value.message_id) ? { messageId: value.message_id } : helpers.error('quoted.id'),
      ),
      otherwise: Joi.object({ key: quotedKey.required(), message: quotedMessage.required() }),
    }),
  })
  .messages({ 'quoted.id': QUOTED_HELP })
  .description('The message being answered: the `message_id` of one sent through Pombo, or key and text of any other.')
  .meta({ component: 'Quoted' });

const sendAtSchema = timeSchema
  .custom((value: Date, helpers) =>
    value.getTime() > Date.now() + MAX_SCHEDULE_DAYS * DAY_MS ? helpers.error('sendAt.far') : value,
  )
  .description(`Not before this time, at most ${MAX_SCHEDULE_DAYS} days ahead.`)
  .messages({ 'sendAt.far': `{{#label}} must be at most ${MAX_SCHEDULE_DAYS} days ahead` });

/** Keys every `/send/*` schema has, besides its type's own. */
export const commonSendKeys = {
  to: recipientSchema.required().meta({ aliases: ['number'] }),
  device_id: Joi.string()
    .max(64)
    .description(
      'Which device sends; without it your only one, or the connected one with the fewest waiting messages.',
    ),
  delay: Joi.number()
    .integer()
    .min(0)
    .max(MAX_DELAY_SECONDS)
    .default(0)
    .description('Seconds of “typing…” before the message.'),
  mentioned: Joi.array()
    .items(recipientSchema)
    .max(1024)
    .single()
    .default([])
    .description('Whom the text mentions as @number.'),
  quoted: quotedSchema,
  send_at: sendAtSchema,
  expires_in: Joi.number()
    .integer()
    .min(1)
    .max(MAX_EXPIRES_IN_SECONDS)
    .default(DEFAULT_EXPIRES_IN_SECONDS)
    .description('Seconds the message may wait for its device.'),
  priority: Joi.string()
    .valid(...PRIORITIES)
    .default('normal')
    .description('Before or behind other messages of the device; never before an earlier one to the same chat.'),
  client_reference: Joi.string().max(128).description('A text of yours, shown in the record and in events.'),
} satisfies Joi.SchemaMap;
