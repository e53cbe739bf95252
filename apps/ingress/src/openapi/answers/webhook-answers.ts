/** What the routes about webhooks answer. */
import Joi from 'joi';
import {
  count,
  DEVICE_ID,
  deviceId,
  later,
  MESSAGE_ID,
  success,
  TIME,
  timestamp,
  USER_ID,
  warnings,
} from './values.js';

const WEBHOOK_ID = 'whk_5f1c2a9d3b7e48a0c6d1';
const EVENT_ID = `evt_${MESSAGE_ID}_sent`;

export const webhookId = Joi.string().pattern(/^whk_[0-9a-f]{20}$/);
const texts = Joi.array().items(Joi.string()).required();
const maybeTime = timestamp.allow(null).required();
const maybeText = Joi.string().allow(null).required();
const maybeCount = count.allow(null).required();

const webhookKeys = {
  id: webhookId.required(),
  url: Joi.string().required(),
  webhook_url: Joi.string().required().description('The same as `url`.'),
  events: texts,
  enabled_events: texts.description('The same as `events`.'),
  device_ids: Joi.array().items(deviceId).required().description('Only events of these devices; empty: of all.'),
  headers: Joi.object()
    .pattern(Joi.string(), Joi.string())
    .required()
    .description('Names only; the values are hidden.'),
  enabled: Joi.boolean().required(),
  description: Joi.string().allow('').required(),
  retry_attempts: maybeCount.description('null: as many as the schedule has.'),
  timeout: count.required().description('As you gave it: seconds, or milliseconds from 1,000 on.'),
  timeout_ms: count.required(),
  user_id: Joi.string().required(),
  created_at: timestamp.required(),
  updated_at: timestamp.required(),
  state: Joi.string()
    .valid('active', 'failing', 'paused', 'disabled')
    .required()
    .description('`failing`: tried with one event at a time; `paused`: events are kept and not tried.'),
  reason: Joi.string()
    .valid('by_owner', 'gone', 'user_disabled', 'failing', 'secret_unreadable', 'headers_unreadable')
    .allow(null)
    .required()
    .description('`gone`: it answered 410; `user_disabled`: the user that made it was disabled or removed.'),
  since: maybeTime,
  consecutive_failures: count.required(),
  last_success_at: maybeTime,
  last_failure_at: maybeTime,
  last_status: maybeCount,
  last_error: maybeText,
  held_until: maybeTime.description('Nothing is tried before: the endpoint asked for it with `Retry-After`.'),
  delivered: count.required(),
  dropped: count.required().description('Events given up because too many waited, or for too long.'),
};
const savedWebhook = Joi.object({
  ...webhookKeys,
  secret: Joi.string().description('Only when it is new: it is not shown again.'),
})
  .required()
  .meta({ component: 'SavedWebhook' });
const shownWebhook = Joi.object({
  ...webhookKeys,
  undelivered: count.required(),
  dead_letters: count.required(),
  oldest_undelivered_at: maybeTime,
  oldest_undelivered_seconds: maybeCount,
})
  .required()
  .meta({ component: 'ShownWebhook' });

export const savedWebhookSchema = Joi.object({ success, webhook: savedWebhook, data: savedWebhook, warnings });
export const shownWebhookSchema = Joi.object({ success, webhook: shownWebhook, data: shownWebhook });
const webhooks = Joi.array()
  .items(Joi.object(webhookKeys).meta({ component: 'ListedWebhook' }))
  .required();
export const webhookListSchema = Joi.object({ success, webhooks, data: webhooks });
export const eventListSchema = Joi.object({
  success,
  events: texts,
  data: Joi.array()
    .items(Joi.object({ event: Joi.string().required(), about: Joi.string().required() }))
    .required(),
});
export const doneSchema = Joi.object({ success });
export const rotatedSchema = Joi.object({
  success,
  secret: Joi.string().required(),
  previous_secret_valid_until: timestamp.required(),
  warnings,
});
export const testedSchema = Joi.object({ success, event_id: Joi.string().required() });
export const replayedSchema = Joi.object({
  success,
  queued: count.required().description('Events that are due now and were not before.'),
  complete: Joi.boolean().required().description('false: too many wait; ask again later.'),
  next: maybeText.description(
    'Of `since` that is not `complete`: give it as `after`, with the same `since`, to go on.',
  ),
  warnings,
});
export const deliveryListSchema = Joi.object({
  success,
  deliveries: Joi.array()
    .items(
      Joi.object({
        id: Joi.string().required(),
        event_id: Joi.string().required(),
        event: Joi.string().required(),
        attempt: count.required(),
        success: Joi.boolean().required(),
        outcome: Joi.string()
          .valid('ok', 'retry', 'dead', 'gone')
          .required()
          .description('`retry`: tried again; `dead`: given up; `gone`: 410, and the endpoint is disabled.'),
        status: maybeCount.description('null: no answer.'),
        error: maybeText,
        latency_ms: count.required(),
        response: Joi.string()
          .allow('', null)
          .required()
          .description('The first bytes of the answer; null: the key it was stored with is no longer there.'),
        timestamp: timestamp.required(),
        next_attempt_at: maybeTime,
      }),
    )
    .required(),
  next: maybeText.description('Give it as `after` for the next page.'),
});
const deadLetters = Joi.array()
  .items(
    Joi.object({
      event_id: Joi.string().required(),
      event: Joi.string().required(),
      message_id: maybeText,
      device_id: Joi.string().allow('').required(),
      attempts: count.required(),
      last_status: maybeCount,
      last_error: maybeText,
      timestamp: timestamp.required(),
      given_up_at: timestamp.required(),
    }),
  )
  .required();
export const deadLetterListSchema = Joi.object({ success, dead_letters: deadLetters, data: deadLetters });

const exampleWebhook = {
  id: WEBHOOK_ID,
  url: 'https://example.com/hooks/whatsapp',
  webhook_url: 'https://example.com/hooks/whatsapp',
  events: ['message.*'],
  enabled_events: ['message.*'],
  device_ids: [],
  headers: {},
  enabled: true,
  description: 'Shop',
  retry_attempts: null,
  timeout: 15,
  timeout_ms: 15_000,
  user_id: USER_ID,
  created_at: TIME,
  updated_at: TIME,
  state: 'active',
  reason: null,
  since: null,
  consecutive_failures: 0,
  last_success_at: null,
  last_failure_at: null,
  last_status: null,
  last_error: null,
  held_until: null,
  delivered: 0,
  dropped: 0,
};
const saved = { ...exampleWebhook, secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD' };
const busy = { ...exampleWebhook, delivered: 1042, last_success_at: later(60_000) };
const shown = {
  ...busy,
  ...{ undelivered: 0, dead_letters: 0, oldest_undelivered_at: null, oldest_undelivered_seconds: null },
};

export const savedWebhookExample = { success: true, webhook: saved, data: saved };
export const shownWebhookExample = { success: true, webhook: shown, data: shown };
export const webhookListExample = { success: true, webhooks: [busy], data: [busy] };
export const deliveryListExample = {
  success: true,
  deliveries: [
    {
      ...{ id: '1772366400000-0', event_id: EVENT_ID, event: 'message.sent', attempt: 1, success: false },
      ...{ outcome: 'retry', status: 503, error: 'status', latency_ms: 41, response: 'busy', timestamp: TIME },
      next_attempt_at: later(5000),
    },
  ],
  next: null,
};
const letter = {
  ...{ event_id: EVENT_ID, event: 'message.sent', message_id: MESSAGE_ID, device_id: DEVICE_ID, attempts: 10 },
  ...{ last_status: null, last_error: 'timeout', timestamp: TIME, given_up_at: later(260_000_000) },
};
export const deadLetterListExample = { success: true, dead_letters: [letter], data: [letter] };
