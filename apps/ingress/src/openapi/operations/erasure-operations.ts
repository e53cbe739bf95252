import { recipientSchema } from '@pombo/contracts';
import Joi from 'joi';
import { count, later, success, TIME, timestamp } from '../answers/values.js';
import type { Operation } from '../operation.js';

const erasureId = Joi.string().pattern(/^era_[0-9a-f]{20}$/);

const erasureSchema = Joi.object({
  success,
  erasure_id: erasureId.required(),
  status: Joi.string().valid('pending', 'done').required(),
  messages_erased: count.required().description('So far.'),
  messages_canceled: count.required().description('Those among them that had not been sent.'),
  requested_at: timestamp.required(),
  finished_at: timestamp.allow(null).required(),
});

const pending = {
  success: true,
  erasure_id: 'era_3c9a5e7d124b86a9c0f1',
  status: 'pending',
  messages_erased: 0,
  messages_canceled: 0,
  requested_at: TIME,
  finished_at: null,
};
const done = { ...pending, status: 'done', messages_erased: 12, messages_canceled: 2, finished_at: later(1_500) };

export const erasureOperations = {
  'DELETE /recipients/:number': {
    tag: 'Erasure',
    summary: 'Erase what is stored about a person',
    description:
      'Messages to the number in every spelling, what they said, and what devices keep to write to the person; messages not yet sent are canceled first. It is about what was accepted before this request.',
    path: Joi.object({ number: recipientSchema.required() }),
    answers: {
      202: {
        description: 'It is being done; `GET /erasures/{id}` says how far it has come.',
        headers: ['Location'],
        schema: erasureSchema,
        examples: { Asked: pending },
      },
    },
  },
  'GET /erasures/:id': {
    tag: 'Erasure',
    summary: 'Ask how far an erasure has come',
    description: 'Known for a week after it is done.',
    path: Joi.object({ id: erasureId.required() }),
    answers: { 200: { description: 'The erasure.', schema: erasureSchema, examples: { Done: done } } },
    errors: ['NOT_FOUND'],
  },
} satisfies Record<string, Operation>;
