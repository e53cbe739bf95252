import Joi from 'joi';
import { later, success, timestamp } from '../answers/values.js';
import type { Operation } from '../operation.js';

const storedSchema = Joi.object({
  success,
  media_id: Joi.string()
    .pattern(/^med_[0-9a-f]{32}$/)
    .required()
    .description('What to send as `media_id`.'),
  sha256: Joi.string()
    .pattern(/^[0-9a-f]{64}$/)
    .required(),
  mime_type: Joi.string().required().description('By the file’s content.'),
  size_bytes: Joi.number().integer().min(1).required(),
  expires_at: timestamp.required().description('Until when the id can be used in a send.'),
}).meta({ component: 'StoredMedia' });

const stored = {
  success: true,
  media_id: 'med_5f0c8a4be1d24f0b9c3e7a61d2b84f90',
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  mime_type: 'image/png',
  size_bytes: 184_320,
  expires_at: later(7 * 24 * 60 * 60 * 1000),
};

export const mediaOperations = {
  'POST /media': {
    tag: 'Sending',
    summary: 'Store a file to send',
    description:
      'The file itself as the body, or as the one file of a form. It is stored once, and `media_id` sends it in any number of messages; a message that was accepted keeps its file until it is sent, whatever becomes of the id.',
    takesFile: true,
    answers: { 201: { description: 'The file is stored.', schema: storedSchema, examples: { 'A picture': stored } } },
    errors: [
      'VALIDATION_ERROR',
      'PAYLOAD_TOO_LARGE',
      'UNSUPPORTED_MEDIA_TYPE',
      'MEDIA_STORE_UNAVAILABLE',
      'MEDIA_STORE_FULL',
    ],
  },
} satisfies Record<string, Operation>;
