/**
 * What a device may send when it has no limits of its own. Against WhatsApp itself the limits are on, since a gateway
 * without them gets its numbers banned before anyone has read a document; against a stand-in they are off.
 */
import { NO_PACING, type Pacing } from '@pombo/contracts';
import { SECOND } from '../durations.js';

/**
 * WhatsApp publishes no limits for linked devices; these follow from what is known. A person writes a short message in
 * some seconds and not by the clock: 5 s, give or take half, at most 10 a minute. WhatsApp's own Business Platform lets a
 * new, verified sender open 250 conversations a day; a linked phone has not been verified, so a fifth of that. 1,000
 * messages a day are what a busy person on a phone could just manage. A number that was just paired starts where a
 * person would, and doubles every day.
 */
const FOR_WHATSAPP: Pacing = {
  min_interval_ms: 5 * SECOND,
  jitter: 0.5,
  per_minute: 10,
  per_day: 1000,
  new_chats_per_day: 50,
  warm_up: [20, 40, 80, 160, 320, 640],
};

/** Settings as validated; those that are absent take the default. */
export interface PacingSettings {
  readonly PACING_MIN_INTERVAL_MS?: number;
  readonly PACING_JITTER?: number;
  readonly PACING_PER_MINUTE?: number;
  readonly PACING_PER_DAY?: number;
  readonly PACING_NEW_CHATS_PER_DAY?: number;
  readonly PACING_WARM_UP?: readonly number[];
}

/** @param standIn whether WhatsApp is played by something else. */
export function pacingOf(settings: PacingSettings, standIn: boolean): Pacing {
  const defaults = standIn ? NO_PACING : FOR_WHATSAPP;
  return {
    min_interval_ms: settings.PACING_MIN_INTERVAL_MS ?? defaults.min_interval_ms,
    jitter: settings.PACING_JITTER ?? FOR_WHATSAPP.jitter,
    per_minute: settings.PACING_PER_MINUTE ?? defaults.per_minute,
    per_day: settings.PACING_PER_DAY ?? defaults.per_day,
    new_chats_per_day: settings.PACING_NEW_CHATS_PER_DAY ?? defaults.new_chats_per_day,
    warm_up: settings.PACING_WARM_UP ?? defaults.warm_up,
  };
}
