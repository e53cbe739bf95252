/** Where a customer wants events: what may be said about it, and in which words. */
import Joi from 'joi';
import { EVENT_NAMES, EVERY_EVENT, wantsEvent } from './events.js';
import { DEVICE_ID, isDeviceId } from './message-id.js';

/** The validated body of an endpoint; what is absent was not said. */
export interface WebhookBody {
  readonly url?: string;
  readonly events?: readonly string[];
  readonly device_ids?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly enabled?: boolean;
  readonly secret?: string;
  readonly description?: string;
  /** Attempts after the first one; null: the whole schedule. */
  readonly retry_attempts?: number | null;
  /** As given: seconds, or milliseconds when it is 1,000 or more. */
  readonly timeout?: number;
}

const MAX_URL_LENGTH = 2048;
const MAX_EVENTS = 64;
const MAX_DEVICES = 1000;
const MAX_HEADERS = 20;
const MAX_HEADER_LENGTH = 2048;
const MAX_DESCRIPTION_LENGTH = 256;
/** More retries than this would repeat the longest pause of the schedule. */
export const MAX_RETRY_ATTEMPTS = 20;
/** Longest an endpoint may take to answer, in seconds. */
const MAX_TIMEOUT_SECONDS = 60;
/** Standard Webhooks asks for keys of 24 to 64 bytes. */
const MIN_KEY_BYTES = 24;
const MAX_KEY_BYTES = 64;
export const SECRET_PREFIX = 'whsec_';
/** Of a secret that is any text. */
const MIN_TEXT_SECRET = 8;

/** What is ours to say, or would change how the request is framed. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  ...['host', 'content-length', 'content-type', 'content-encoding', 'transfer-encoding', 'trailer', 'te', 'expect'],
  ...['connection', 'keep-alive', 'upgrade', 'proxy-connection', 'proxy-authorization', 'http2-settings'],
  ...['webhook-id', 'webhook-timestamp', 'webhook-signature'],
]);
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/;
/** Visible ASCII, spaces and tabs; not at the ends, where they would be lost. */
const HEADER_VALUE = /^(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?$/;

/** Also events that only the public API has; which there are, `unknownEvents` says. */
const EVENT_PATTERN = /^\S+$/;

const isKnownPattern = (pattern: string): boolean => EVENT_NAMES.some((name) => wantsEvent([pattern], name));

const urlSchema = Joi.string()
  .max(MAX_URL_LENGTH)
  .custom((value: string, helpers) => {
    if (!URL.canParse(value)) return helpers.error('webhook.url');
    const url = new URL(value);
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return helpers.error('webhook.url');
    if (url.username !== '' || url.password !== '') return helpers.error('webhook.credentials');
    url.hash = '';
    return url.href;
  })
  .meta({ jsonSchema: { format: 'uri', pattern: '^https?:' } });

const headersSchema = Joi.object()
  .pattern(Joi.string(), Joi.string().allow('').max(MAX_HEADER_LENGTH))
  .max(MAX_HEADERS)
  .custom((value: Record<string, string>, helpers) => {
    for (const [name, text] of Object.entries(value)) {
      if (!HEADER_NAME.test(name)) return helpers.error('webhook.headerName');
      if (RESERVED_HEADERS.has(name.toLowerCase())) return helpers.error('webhook.reserved', { name });
      if (!HEADER_VALUE.test(text)) return helpers.error('webhook.headerValue', { name });
    }
    return value;
  });

const timeoutSchema = Joi.number()
  .integer()
  .custom((value: number, helpers) => {
    const ms = timeoutToMs(value);
    return ms >= 1000 && ms <= MAX_TIMEOUT_SECONDS * 1000 ? value : helpers.error('webhook.timeout');
  })
  .description('How long an answer may take: seconds, or milliseconds from 1,000 on.')
  .meta({
    jsonSchema: {
      anyOf: [
        { minimum: 1, maximum: MAX_TIMEOUT_SECONDS },
        { minimum: 1000, maximum: MAX_TIMEOUT_SECONDS * 1000 },
      ],
    },
  });

const secretSchema = Joi.string()
  .min(MIN_TEXT_SECRET)
  .max(256)
  .custom((value: string, helpers) => {
    if (!value.startsWith(SECRET_PREFIX)) return value;
    const { length } = secretToKey(value);
    return length >= MIN_KEY_BYTES && length <= MAX_KEY_BYTES ? value : helpers.error('webhook.secret');
  });

const SECRET_HELP = `{{#label}} must be ${SECRET_PREFIX} and ${MIN_KEY_BYTES} to ${MAX_KEY_BYTES} bytes in base64`;

export const webhookSchema = Joi.object<WebhookBody>({
  url: urlSchema.meta({ aliases: ['webhook_url'] }),
  events: Joi.array()
    .items(Joi.string().max(64).pattern(EVENT_PATTERN))
    .max(MAX_EVENTS)
    .unique()
    .single()
    .meta({ aliases: ['enabled_events'] }),
  device_ids: Joi.array()
    .items(
      Joi.string()
        .custom((value: string, helpers) => (isDeviceId(value) ? value : helpers.error('webhook.device')))
        .meta({ jsonSchema: { pattern: DEVICE_ID.source } }),
    )
    .max(MAX_DEVICES)
    .unique()
    .single(),
  headers: headersSchema,
  enabled: Joi.boolean(),
  secret: secretSchema,
  description: Joi.string().allow('').max(MAX_DESCRIPTION_LENGTH),
  retry_attempts: Joi.number().integer().min(0).max(MAX_RETRY_ATTEMPTS).allow(null),
  timeout: timeoutSchema,
}).messages({
  'string.pattern.base':
    '{{#label}} must be the name of an event, a group as in message.*, or *: none of them holds a space',
  'webhook.url': '{{#label}} must be an https:// URL',
  'webhook.credentials': '{{#label}} must not hold a user name or password; send them in headers',
  'webhook.device': '{{#label}} is not the id of a device',
  'webhook.headerName': '{{#label}} has a name that is not allowed in HTTP',
  'webhook.headerValue': '{{#label}}: the value of {{#name}} may hold visible ASCII characters only',
  'webhook.reserved': '{{#label}} must not set {{#name}}: Pombo sets it itself',
  'webhook.timeout': `{{#label}} must be 1 to ${MAX_TIMEOUT_SECONDS} seconds (or 1000 to ${MAX_TIMEOUT_SECONDS * 1000} milliseconds)`,
  'webhook.secret': SECRET_HELP,
});

/** The body of a request for another secret. */
export const webhookSecretSchema = Joi.object<Pick<WebhookBody, 'secret'>>({
  secret: secretSchema.description('Your own; without it one is made.'),
}).messages({
  'webhook.secret': SECRET_HELP,
});

/** Names and groups that no event of Pombo's can match. */
export function unknownEvents(patterns: readonly string[]): string[] {
  return patterns.filter((pattern) => pattern !== EVERY_EVENT && !isKnownPattern(pattern));
}

/** @param timeout seconds, or milliseconds from 1,000 on: no endpoint is given a quarter of an hour. */
export function timeoutToMs(timeout: number): number {
  return timeout < 1000 ? timeout * 1000 : timeout;
}

/** Bytes to sign with: those behind `whsec_` in base64, of any other text the text itself. */
export function secretToKey(secret: string): Buffer {
  return secret.startsWith(SECRET_PREFIX)
    ? Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
    : Buffer.from(secret);
}
