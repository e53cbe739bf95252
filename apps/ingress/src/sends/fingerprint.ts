import { createHash } from 'node:crypto';

const HASH_BYTES = 16;

/** The same for everything that asks for the same: the order of keys does not matter, dates are as in JSON. */
export function fingerprintOf(asked: unknown): string {
  const canonical = JSON.stringify(asked, (_key, value: unknown) => (isObject(value) ? sorted(value) : value));
  return createHash('sha256').update(canonical).digest().subarray(0, HASH_BYTES).toString('base64url');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted(value: object): object {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
