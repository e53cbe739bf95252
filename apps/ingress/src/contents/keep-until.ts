import type { Config } from '@pombo/runtime';

/**
 * Until when a message needs its media, in milliseconds since the epoch; undefined where that lies within the retention
 * which every use starts anew, as it does unless somebody plans far ahead.
 *
 * @param waitMs how long the message may wait until it is sent.
 */
export function keepUntil(waitMs: number, { MEDIA_RETENTION_MS: retentionMs }: Config): number | undefined {
  return waitMs < retentionMs ? undefined : Date.now() + waitMs;
}
