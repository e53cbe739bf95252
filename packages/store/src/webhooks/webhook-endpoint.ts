/** A webhook endpoint as Redis holds it: a flat hash; what a customer keeps secret is encrypted. */
import { randomBytes } from 'node:crypto';
import { type OutboxEvent, SECRET_PREFIX, wantsEvent } from '@pombo/contracts';
import { DAY } from '@pombo/runtime';
import type { Cipher } from '../cipher.js';

/** A secret events are signed with. */
export interface WebhookSecret {
  readonly secret: string;
  /** Until when it is good, ms since the epoch; absent for the one that stays. */
  readonly until?: number;
}

/** What an endpoint's owner decides. */
export interface WebhookSettings {
  readonly url: string;
  /** Names, groups as in `message.*`, or `*`. */
  readonly events: readonly string[];
  /** Only events of these devices; empty: of all. */
  readonly deviceIds: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly enabled: boolean;
  readonly description: string;
  /** Attempts after the first; absent: as many as the schedule has. */
  readonly retryAttempts?: number;
  /** As it was given; absent: the default. */
  readonly timeout?: number;
  /** The newest first. */
  readonly secrets: readonly WebhookSecret[];
}

/** What whoever made an endpoint may see, which bounds what it is told. */
export interface WebhookBounds {
  /** Only events of these devices, whatever its owner decides; absent: of all. */
  readonly scope?: readonly string[] | undefined;
}

/** What of an endpoint may change; an optional setting given as undefined is removed. */
export interface WebhookChanges extends Partial<WebhookSettings>, WebhookBounds {
  /** Whose it is from now on. */
  readonly userId?: string;
  /** With `enabled: false`: the user whose it is can no longer call. */
  readonly disabledBy?: 'user';
}

/**
 * `active`; `failing`: the last attempts failed, so events are tried one at a time; `paused`: failed for too long, events
 * are kept but not tried, or what it takes to send them cannot be read; `disabled`: by its owner, because it answered 410
 * Gone, or because the user whose it is was disabled or removed.
 */
export type WebhookState = 'active' | 'failing' | 'paused' | 'disabled';

/** What of an endpoint cannot be read, so that nothing can be sent as its owner wants it. */
export type Unreadable = 'secret_unreadable' | 'headers_unreadable';

/** How an endpoint fares. Times in milliseconds since the epoch. */
export interface WebhookHealth {
  readonly state: WebhookState;
  /**
   * Why it is disabled or paused. `…_unreadable`: encrypted with a key that is no longer in SESSION_ENCRYPTION_KEY, or
   * changed since.
   */
  readonly reason?: 'by_owner' | 'gone' | 'user_disabled' | 'failing' | Unreadable;
  /** Since when it is disabled by an answer, paused or failing. */
  readonly since?: number;
  /** Attempts that failed since the last success. */
  readonly failures: number;
  readonly lastSuccessAt?: number;
  readonly lastFailureAt?: number;
  /** What the last failed attempt was answered; 0: no answer. */
  readonly lastStatus?: number;
  readonly lastError?: string;
  /** Until when nothing is tried, since the endpoint asked for it with `Retry-After`. */
  readonly heldUntil?: number;
  readonly delivered: number;
  /** Events that were dropped because too many waited, or for too long. */
  readonly dropped: number;
}

export interface WebhookEndpoint extends WebhookSettings, WebhookBounds {
  readonly id: string;
  readonly tenantId: string;
  readonly userId: string;
  /** Whether it is the one endpoint of its user that `/webhook` shows. */
  readonly single: boolean;
  /** Changes with every change of settings. */
  readonly revision: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Its secrets or headers are missing here; nothing is to be sent. */
  readonly unreadable?: Unreadable;
  readonly health: WebhookHealth;
}

type Fields = Readonly<Record<string, string>>;

/** 192 bits, in the form Standard Webhooks asks for. */
const SECRET_BYTES = 24;
/** Failures in a row from which an endpoint counts as failing, and is tried with one event at a time. */
export const FAILING_AFTER = 3;

export function createWebhookSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

/** Whether an endpoint asks for an event of its tenant, and may be told of it. */
export function asksFor(
  { events, deviceIds, scope }: Pick<WebhookSettings, 'events' | 'deviceIds'> & WebhookBounds,
  { event, deviceId }: OutboxEvent,
): boolean {
  const isAskedFor = wantsEvent(events, event) && (deviceIds.length === 0 || deviceIds.includes(deviceId));
  return isAskedFor && isWithin({ scope }, deviceId);
}

/** Whether an endpoint may be told of a device at all. */
export function isWithin({ scope }: WebhookBounds, deviceId: string): boolean {
  return scope?.includes(deviceId) ?? true;
}

/** How long a secret is good after it was replaced. */
export const OLD_SECRET_MS = DAY;
/** Secrets that are good at once: each is one more signature in every request. */
const MOST_SECRETS = 3;

/** The secrets after `secret` became the newest; the same secret again changes nothing. */
export function rotateSecrets(
  secrets: readonly WebhookSecret[],
  secret: string,
  now = Date.now(),
): readonly WebhookSecret[] {
  if (secrets[0]?.secret === secret) return secrets;
  const old = secrets.filter((one) => one.secret !== secret && (one.until ?? now + 1) > now);
  const ending = old.map((one) => ({ secret: one.secret, until: one.until ?? now + OLD_SECRET_MS }));
  return [{ secret }, ...ending].slice(0, MOST_SECRETS);
}

/** @param place where the encrypted values lie. @returns field, value…, and the fields to remove. */
export function settingsToFields(settings: WebhookChanges, cipher: Cipher, place: string) {
  const set: Array<string | Buffer> = [];
  const remove: string[] = [];
  const put = (field: string, value: string | Buffer | undefined): void => {
    if (value === undefined || value.length === 0) remove.push(field);
    else set.push(field, value);
  };
  const seal = (value: unknown): Buffer => cipher.encrypt(Buffer.from(JSON.stringify(value)), place);
  if ('url' in settings) put('url', settings.url);
  if (settings.events) put('events', settings.events.join(' '));
  if (settings.deviceIds) put('devices', settings.deviceIds.join(' '));
  if (settings.headers) put('headers', Object.keys(settings.headers).length > 0 ? seal(settings.headers) : undefined);
  if (settings.description !== undefined) put('about', settings.description);
  if ('retryAttempts' in settings) put('retries', settings.retryAttempts?.toString());
  if ('timeout' in settings) put('timeout', settings.timeout?.toString());
  if (settings.secrets) put('secrets', seal(settings.secrets));
  // An empty list is one, and not none.
  if ('scope' in settings) put('scope', settings.scope && JSON.stringify(settings.scope));
  if (settings.userId !== undefined) put('user', settings.userId);
  if (settings.enabled !== undefined) {
    put('enabled', settings.enabled ? '1' : '0');
    // Whoever says so, says it from now on: what an answer or many failures decided before no longer counts.
    put('why', settings.disabledBy);
    remove.push('since', ...(settings.enabled ? ['paused', 'hold', 'fails', 'failingSince'] : []));
  }
  return { set, remove };
}

/** @param fields of the hash. @param sealed what was encrypted in it: undefined where there is none, null where it cannot be read. */
export function endpointFromFields(
  fields: Fields,
  { secrets, headers }: Readonly<Record<'secrets' | 'headers', unknown>>,
): WebhookEndpoint {
  const unreadable = secrets === null ? 'secret_unreadable' : headers === null ? 'headers_unreadable' : undefined;
  const list = (field: string): string[] => fields[field]?.split(' ').filter((part) => part !== '') ?? [];
  const number = (field: string, name: string) => (fields[field] ? { [name]: Number(fields[field]) } : {});
  return {
    id: fields['id'] ?? '',
    tenantId: fields['tenant'] ?? '',
    userId: fields['user'] ?? '',
    single: fields['single'] === '1',
    url: fields['url'] ?? '',
    events: list('events'),
    deviceIds: list('devices'),
    headers: (headers ?? {}) as Record<string, string>,
    enabled: fields['enabled'] === '1',
    description: fields['about'] ?? '',
    ...(fields['scope'] === undefined ? {} : { scope: JSON.parse(fields['scope']) as string[] }),
    ...number('retries', 'retryAttempts'),
    ...number('timeout', 'timeout'),
    secrets: (secrets ?? []) as WebhookSecret[],
    revision: fields['rev'] ?? '0',
    createdAt: Number(fields['created']),
    updatedAt: Number(fields['updated']),
    ...(unreadable === undefined ? {} : { unreadable }),
    health: healthFromFields(fields, unreadable),
  };
}

function healthFromFields(fields: Fields, unreadable: Unreadable | undefined): WebhookHealth {
  const number = (field: string, name: string) => (fields[field] ? { [name]: Number(fields[field]) } : {});
  return {
    ...stateFromFields(fields, unreadable),
    failures: Number(fields['fails'] ?? 0),
    ...number('lastOk', 'lastSuccessAt'),
    ...number('lastFail', 'lastFailureAt'),
    ...number('lastStatus', 'lastStatus'),
    ...(fields['lastError'] ? { lastError: fields['lastError'] } : {}),
    ...(Number(fields['hold'] ?? 0) > Date.now() ? number('hold', 'heldUntil') : {}),
    delivered: Number(fields['delivered'] ?? 0),
    dropped: Number(fields['dropped'] ?? 0),
  };
}

/** Why an endpoint is disabled, as its hash says it. */
const REASONS: Readonly<Record<string, WebhookHealth['reason']>> = { gone: 'gone', user: 'user_disabled' };

function stateFromFields(
  fields: Fields,
  unreadable: Unreadable | undefined,
): Pick<WebhookHealth, 'state' | 'reason' | 'since'> {
  const since = (field: string) => (fields[field] ? { since: Number(fields[field]) } : {});
  if (fields['enabled'] !== '1') {
    return { state: 'disabled', reason: REASONS[fields['why'] ?? ''] ?? 'by_owner', ...since('since') };
  }
  if (unreadable) return { state: 'paused', reason: unreadable };
  if (fields['paused']) return { state: 'paused', reason: 'failing', ...since('paused') };
  if (Number(fields['fails'] ?? 0) >= FAILING_AFTER)
    return { state: 'failing', reason: 'failing', ...since('failingSince') };
  return { state: 'active' };
}
