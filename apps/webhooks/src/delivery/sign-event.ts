/** Signatures as Standard Webhooks wants them: HMAC-SHA256 of `id.timestamp.body`, one for every secret that is good now. */
import { secretToKey } from '@pombo/contracts';
import type { WebhookSecret } from '@pombo/store';
import { BLOCK_BYTES, createHmacKey, type HmacKey, signHmacSha256 } from './hmac-sha256.js';

/** A secret made ready to sign with. */
export interface SigningKey {
  readonly key: HmacKey;
  /** Until when it is good, ms since the epoch. */
  readonly until: number;
}

/** The newest first. Which of them are good is to be asked at every signature: an endpoint may be busy for days. */
export function signingKeys(secrets: readonly WebhookSecret[]): SigningKey[] {
  return secrets.map(({ secret, until = Infinity }) => ({ key: createHmacKey(secretToKey(secret)), until }));
}

/** An event as it is posted. */
export interface SignedEvent {
  readonly body: Buffer;
  /** Prove who says so: name, value… */
  readonly headers: readonly string[];
}

const ROOM = '\0'.repeat(BLOCK_BYTES);

/** @param now of this attempt, ms since the epoch. @param keys the newest first. */
export function signEvent(id: string, text: string, keys: readonly SigningKey[], now: number): SignedEvent {
  const timestamp = String(Math.floor(now / 1000));
  const before = `${id}.${timestamp}.`;
  // Made bytes of once: what is signed, and the end of it what is sent.
  const signed = Buffer.from(ROOM + before + text);
  let signatures = '';
  for (const { key, until } of keys) {
    if (until <= now) continue;
    signatures += `${signatures === '' ? '' : ' '}v1,${signHmacSha256(key, signed)}`;
  }
  return {
    body: signed.subarray(BLOCK_BYTES + Buffer.byteLength(before)),
    headers: ['webhook-id', id, 'webhook-timestamp', timestamp, 'webhook-signature', signatures],
  };
}
