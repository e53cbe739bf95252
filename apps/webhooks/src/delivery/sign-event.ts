/** Signatures as Standard Webhooks wants them: HMAC-SHA256 of `id.timestamp.body`, one for every secret that is good now. */
import { createHmac } from 'node:crypto';
import type { SigningKey } from '@pombo/store';

/** @param now of this attempt, ms since the epoch. @param keys the newest first. @returns the headers that prove who says so: name, value… */
export function signEvent(id: string, body: string, keys: readonly SigningKey[], now: number): string[] {
  const timestamp = String(Math.floor(now / 1000));
  const signed = `${id}.${timestamp}.${body}`;
  const good = keys.filter(({ until }) => until > now);
  const signatures = good.map(({ key }) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`).join(' ');
  return ['webhook-id', id, 'webhook-timestamp', timestamp, 'webhook-signature', signatures];
}
