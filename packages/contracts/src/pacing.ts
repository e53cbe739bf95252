/**
 * How fast a device may send. WhatsApp publishes no limits for linked devices and restricts or bans accounts that write
 * like machines; pacing holds messages back so that an account never does.
 */
import Joi from 'joi';

/** Limits of one device; 0, or an empty list, means none. */
export interface Pacing {
  /** Least time between two messages, on average. */
  readonly min_interval_ms: number;
  /** Part of the interval by which it varies either way, 0 to 1. */
  readonly jitter: number;
  /** Messages within any 60 seconds. */
  readonly per_minute: number;
  /** Messages within 24 hours, counted by the hour. */
  readonly per_day: number;
  /** Messages within 24 hours to people the account has never written to nor heard from. */
  readonly new_chats_per_day: number;
  /** Messages within 24 hours on the first, second… day since the device was paired; after the last day, `per_day`. */
  readonly warm_up: readonly number[];
}

export const NO_PACING: Pacing = {
  min_interval_ms: 0,
  jitter: 0,
  per_minute: 0,
  per_day: 0,
  new_chats_per_day: 0,
  warm_up: [],
};

/** Changes of a device's own pacing; `null` goes back to the default. */
export type PacingChanges = { readonly [Name in keyof Pacing]?: Pacing[Name] | null };

/** Longest interval, ms: an hour. */
const LONGEST_INTERVAL_MS = 3_600_000;
export const MOST_PER_MINUTE = 1000;
export const MOST_WARM_UP_DAYS = 60;

const count = () => Joi.number().integer().min(0);
const SCHEMAS: { readonly [Name in keyof Pacing]: Joi.Schema } = {
  min_interval_ms: count().max(LONGEST_INTERVAL_MS),
  jitter: Joi.number().min(0).max(1),
  per_minute: count().max(MOST_PER_MINUTE),
  per_day: count().max(1_000_000),
  new_chats_per_day: count().max(1_000_000),
  warm_up: Joi.array().items(Joi.number().integer().min(1).max(1_000_000)).max(MOST_WARM_UP_DAYS),
};

export const PACING_NAMES = Object.keys(SCHEMAS) as ReadonlyArray<keyof Pacing>;

/** Body of a change of a device's pacing. */
export const pacingChangesSchema = Joi.object<PacingChanges>(
  Object.fromEntries(Object.entries(SCHEMAS).map(([name, schema]) => [name, schema.allow(null)])),
);

/** What applies to a device: its own limits, and the defaults for those it has not. */
export function effectivePacing(defaults: Pacing, own: Partial<Pacing>): Pacing {
  return { ...defaults, ...own };
}
