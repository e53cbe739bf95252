/** What operations have in common: headers, the error envelope, security. */
import { ERROR_CODES, type ErrorCode } from '@pombo/contracts';
import Joi from 'joi';
import type { AnswerHeader, RequestHeader } from './operation.js';
import { messageId, timestamp } from './answers/values.js';

export const PARAMETERS: Readonly<Record<RequestHeader, object>> = {
  Prefer: {
    name: 'Prefer',
    in: 'header',
    description:
      'RFC 7240. `wait=N` (up to 60 seconds) waits for WhatsApp’s acknowledgement; `respond-async` does not, whatever the default; `handling=strict` makes fields that nobody knows an error.',
    schema: { type: 'string' },
    examples: {
      wait: { summary: 'Wait for the outcome', value: 'wait=30' },
      strict: { summary: 'Refuse unknown fields', value: 'handling=strict' },
    },
  },
  'Idempotency-Key': {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'A text of yours. The same request under the same key is answered as the first one and sends nothing twice, for a day; any other send under it, of whatever type, is refused.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  },
};

export const HEADERS: Readonly<Record<AnswerHeader | ErrorHeader, object>> = {
  Location: {
    description: 'Path of what was made.',
    schema: { type: 'string' },
    example: '/messages/3EB06481A70D11B2C3D4E5',
  },
  'Preference-Applied': {
    description: 'What of `Prefer` was followed.',
    schema: { type: 'string' },
    example: 'wait=30',
  },
  'Idempotency-Replayed': {
    description: 'The request was made before; this is its answer.',
    schema: { type: 'string', const: 'true' },
  },
  'Retry-After': { description: 'Seconds after which to try again.', schema: { type: 'integer', minimum: 1 } },
  'WWW-Authenticate': { description: 'How to authenticate.', schema: { type: 'string', const: 'Bearer' } },
};

export type ErrorHeader = 'Retry-After' | 'WWW-Authenticate';

/** On every answer. */
export const REQUEST_ID_HEADER = {
  description: 'The id of the request in Pombo’s log: your own, if you sent a short plain one.',
  schema: { type: 'string' },
};

export const errorSchema = Joi.object({
  success: Joi.valid(false).required(),
  error: Joi.string().required().description('For people; may change.'),
  error_code: Joi.string()
    .valid(...(Object.keys(ERROR_CODES) as ErrorCode[]))
    .required()
    .description('For programs; stable.'),
  timestamp: timestamp.required(),
  request_id: Joi.string().required(),
  validation: Joi.array()
    .items(
      Joi.object({
        field: Joi.string().required(),
        message: Joi.string().required(),
        value: Joi.any().required().description('What was given; null where nothing was, and where it may be private.'),
      }),
    )
    .description('One entry for each offending field, in your own spelling.'),
  message_id: messageId.description('Of a message that may exist although the call failed.'),
}).meta({ component: 'Error' });
