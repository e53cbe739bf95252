/** Tokens: shown once, kept only as their hash. */
import { hash, randomUUID, timingSafeEqual } from 'node:crypto';

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** A UUID v4: 122 random bits, so a plain hash is enough to keep it. */
export const createToken = (): string => randomUUID();

const sha256 = (text: string): string => hash('sha256', text, 'hex');

/** @returns undefined for what cannot be a token. */
export function hashToken(token: string): string | undefined {
  return UUID_V4.test(token) ? sha256(token.toLowerCase()) : undefined;
}

/** Takes the same time wherever the two differ. */
export function sameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

/** @returns whether a text is the secret, told in a time that says nothing about it. */
export function createSecretCheck(secret: string): (given: string) => boolean {
  const expected = sha256(secret);
  return (given) => sameHash(sha256(given), expected);
}
