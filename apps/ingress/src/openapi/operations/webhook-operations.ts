import { webhookSchema, webhookSecretSchema } from '@pombo/contracts';
import Joi from 'joi';
import { deliveriesQuerySchema } from '../../webhooks/list-deliveries.js';
import { replaySchema } from '../../webhooks/replay.js';
import {
  deadLetterListExample,
  deadLetterListSchema,
  deliveryListExample,
  deliveryListSchema,
  doneSchema,
  eventListSchema,
  replayedSchema,
  rotatedSchema,
  savedWebhookExample,
  savedWebhookSchema,
  shownWebhookExample,
  shownWebhookSchema,
  testedSchema,
  webhookId,
  webhookListExample,
  webhookListSchema,
} from '../answers/webhook-answers.js';
import { later } from '../answers/values.js';
import type { Operation } from '../operation.js';

const path = Joi.object({ id: webhookId.required() });
/** In the words of the public API. */
const singleWebhookSchema = Joi.object({
  webhook_url: webhookSchema.extract('url').required(),
  enabled_events: webhookSchema.extract('events'),
  ...Object.fromEntries(
    ['enabled', 'retry_attempts', 'timeout', 'secret', 'headers'].map((key) => [key, webhookSchema.extract(key)]),
  ),
});
const done = { description: 'Done.', schema: doneSchema, examples: { Done: { success: true } } };
const saved = (description: string) => ({
  description,
  schema: savedWebhookSchema,
  examples: { 'With a new secret': savedWebhookExample },
});
const shown = { description: 'The endpoint.', schema: shownWebhookSchema, examples: { Healthy: shownWebhookExample } };
const SAVE_ERRORS = ['DEVICE_NOT_FOUND', 'WEBHOOK_LIMIT_REACHED'] as const;

export const webhookOperations = {
  'GET /webhook/events': {
    tag: 'Webhooks',
    summary: 'List the events there are',
    answers: {
      200: {
        description: 'All events.',
        schema: eventListSchema,
        examples: {
          'Some of them': {
            success: true,
            events: ['message.sent'],
            data: [{ event: 'message.sent', about: 'WhatsApp’s server acknowledged the message.' }],
          },
        },
      },
    },
  },
  'GET /webhook': {
    tag: 'Webhooks',
    summary: 'Read your own endpoint',
    answers: { 200: shown },
    errors: ['WEBHOOK_NOT_FOUND'],
  },
  'POST /webhook': {
    tag: 'Webhooks',
    summary: 'Make or replace your own endpoint',
    description:
      'One for each user. Without `secret` the old one stays, or a new one is made. `timeout` is in seconds, or in milliseconds from 1,000 on.',
    body: {
      schema: singleWebhookSchema,
      examples: {
        'All events': { webhook_url: 'https://example.com/hooks/whatsapp' },
        'Some events': {
          ...{ webhook_url: 'https://example.com/hooks/whatsapp', enabled_events: ['message.delivered'] },
          ...{ enabled: true, retry_attempts: 5, timeout: 10, headers: { 'X-Team': 'blue' } },
        },
      },
    },
    answers: {
      200: saved('It was replaced.'),
      201: { ...saved('It was made.'), headers: ['Location'] },
    },
    errors: SAVE_ERRORS,
  },
  'DELETE /webhook': {
    tag: 'Webhooks',
    summary: 'Remove your own endpoint',
    answers: { 200: done },
    errors: ['WEBHOOK_NOT_FOUND'],
  },
  'GET /webhooks': {
    tag: 'Webhooks',
    summary: 'List the endpoints',
    answers: {
      200: {
        description: 'All endpoints of the tenant.',
        schema: webhookListSchema,
        examples: { 'One endpoint': webhookListExample },
      },
    },
  },
  'POST /webhooks': {
    tag: 'Webhooks',
    summary: 'Make an endpoint',
    description: 'Its secret is in the answer, and nowhere else.',
    body: {
      schema: webhookSchema,
      eitherSpelling: true,
      examples: {
        'All of messages': { url: 'https://example.com/hooks/whatsapp', events: ['message.*'], description: 'Shop' },
      },
    },
    answers: { 201: { ...saved('It was made.'), headers: ['Location'] } },
    errors: SAVE_ERRORS,
  },
  'GET /webhooks/:id': {
    tag: 'Webhooks',
    summary: 'Read an endpoint',
    description: 'Its settings, how it fares, and what waits for it.',
    path,
    answers: { 200: shown },
    errors: ['WEBHOOK_NOT_FOUND'],
  },
  'PATCH /webhooks/:id': {
    tag: 'Webhooks',
    summary: 'Change an endpoint',
    description:
      'What is not given stays. `enabled: true` also resumes an endpoint that is paused. A new `secret` leaves the old one good for a day.',
    path,
    body: {
      schema: webhookSchema,
      eitherSpelling: true,
      examples: { 'Resume it': { enabled: true }, 'Other events': { events: ['message.failed'] } },
    },
    answers: { 200: saved('It was changed.') },
    errors: ['WEBHOOK_NOT_FOUND', 'DEVICE_NOT_FOUND'],
  },
  'DELETE /webhooks/:id': {
    tag: 'Webhooks',
    summary: 'Remove an endpoint',
    description: 'With everything that waits for it.',
    path,
    answers: { 200: done },
    errors: ['WEBHOOK_NOT_FOUND'],
  },
  'POST /webhooks/:id/rotate-secret': {
    tag: 'Webhooks',
    summary: 'Change an endpoint’s secret',
    description: 'For 24 hours every delivery carries two signatures, one of each secret.',
    path,
    body: {
      schema: webhookSecretSchema,
      examples: { 'A new one': {} },
    },
    answers: {
      200: {
        description: 'The new secret, shown this once.',
        schema: rotatedSchema,
        examples: {
          Rotated: {
            ...{ success: true, secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD' },
            previous_secret_valid_until: later(86_400_000),
          },
        },
      },
    },
    errors: ['WEBHOOK_NOT_FOUND'],
  },
  'POST /webhooks/:id/test': {
    tag: 'Webhooks',
    summary: 'Send a test event',
    description: 'The event `webhook.test`, before all that waits. A paused endpoint is resumed.',
    path,
    answers: {
      202: {
        description: 'It is on its way; the delivery log tells what became of it.',
        schema: testedSchema,
        examples: { Queued: { success: true, event_id: 'evt_test_1772366400000_1c9e4b7a' } },
      },
    },
    errors: ['WEBHOOK_NOT_FOUND', 'WEBHOOK_DISABLED'],
  },
  'POST /webhooks/:id/replay': {
    tag: 'Webhooks',
    summary: 'Deliver again',
    description:
      'One event, all that were given up, or everything since a time. Events keep their ids. Those that wait already are made due; those on their way are left alone.',
    path,
    body: {
      schema: replaySchema,
      examples: {
        'One event': { event_id: 'evt_3EB06481A70D11B2C3D4E5_sent' },
        'All that were given up': { failed: true },
        'Everything since then': { since: later(0) },
      },
    },
    answers: {
      202: {
        description: 'They are due.',
        schema: replayedSchema,
        examples: { Queued: { success: true, queued: 12, complete: true, next: null } },
      },
    },
    errors: ['WEBHOOK_NOT_FOUND', 'WEBHOOK_DISABLED', 'NOT_FOUND'],
  },
  'GET /webhooks/:id/deliveries': {
    tag: 'Webhooks',
    summary: 'Read the delivery log, newest first',
    path,
    query: deliveriesQuerySchema,
    answers: {
      200: {
        description: 'A page of attempts.',
        schema: deliveryListSchema,
        examples: { 'One attempt': deliveryListExample },
      },
    },
    errors: ['WEBHOOK_NOT_FOUND'],
  },
  'GET /webhooks/:id/dead-letters': {
    tag: 'Webhooks',
    summary: 'List the events that were given up',
    path,
    query: Joi.object({ limit: Joi.number().integer().min(1).max(100).default(50) }),
    answers: {
      200: {
        description: 'The newest ones, newest first.',
        schema: deadLetterListSchema,
        examples: { 'One event': deadLetterListExample },
      },
    },
    errors: ['WEBHOOK_NOT_FOUND'],
  },
} satisfies Record<string, Operation>;
