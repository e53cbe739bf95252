/** Signatures as Standard Webhooks wants them: HMAC-SHA256 of `id.timestamp.body`, one for every secret that is good now. */
import { createHmac } from 'node:crypto';

/** @param timestamp of this attempt, Unix seconds. @param keys the newest first. @returns the value of `webhook-signature`. */
export function signEvent(id: string, timestamp: number, body: string, keys: readonly Buffer[]): string {
  const signed = `${id}.${timestamp}.${body}`;
  return keys.map((key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`).join(' ');
}
