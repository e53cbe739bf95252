/** Signatures as Standard Webhooks wants them: HMAC-SHA256 of `id.timestamp.body`, one for every secret that is good now. */
import { createHmac } from 'node:crypto';
import type { SigningKey } from '@pombo/store';

/** An event as it is posted. */
export interface SignedEvent {
  readonly body: Buffer;
  /** Prove who says so: name, value… */
  readonly headers: readonly string[];
}

/** @param now of this attempt, ms since the epoch. @param keys the newest first. */
export function signEvent(id: string, text: string, keys: readonly SigningKey[], now: number): SignedEvent {
  const timestamp = String(Math.floor(now / 1000));
  const before = `${id}.${timestamp}.`;
  // Made bytes of once: what is signed, and the end of it what is sent.
  const signed = Buffer.from(before + text);
  let signatures = '';
  for (const { key, until } of keys) {
    if (until <= now) continue;
    const signature = createHmac('sha256', key).update(signed).digest('base64');
    signatures += `${signatures === '' ? '' : ' '}v1,${signature}`;
  }
  return {
    body: signed.subarray(Buffer.byteLength(before)),
    headers: ['webhook-id', id, 'webhook-timestamp', timestamp, 'webhook-signature', signatures],
  };
}
