/**
 * What one message of a tenant found out or made that others of it can use again, whichever device or worker sends them:
 * what a URL led to, where on WhatsApp's media host a picture lies. Kept per tenant, since whether something was made
 * anew tells whoever asks that nobody had it before; encrypted, since the keys of uploaded media are in it.
 */
import { createHash } from 'node:crypto';
import { PomboError } from '@pombo/contracts';
import { type Redis, SECOND } from '@pombo/runtime';
import type { Cipher } from './cipher.js';
import { createClaims } from './claims.js';
import type { Keys } from './keys.js';

/** Whose it is, and what it is: any text, of which a hash is kept. */
export interface ReusableName {
  readonly tenantId: string;
  readonly name: string;
}

export interface Reusables {
  /** @returns undefined for what is not there, or cannot be decrypted any more. */
  read(what: ReusableName): Promise<string | undefined>;
  save(what: ReusableName, value: string, ttlMs: number): Promise<void>;
  /** @returns whether this process is now the one that makes it; for as long as it prolongs that. */
  claim(what: ReusableName): Promise<boolean>;
  prolong(what: ReusableName): Promise<void>;
  release(what: ReusableName): Promise<void>;
}

/** How long a worker that died keeps others from making it. */
export const REUSABLE_CLAIM_MS = 4 * SECOND;

const hashOf = (name: string): string => createHash('sha256').update(name).digest('base64url').slice(0, 32);

export function createReusables(redis: Redis, keys: Keys, cipher: Cipher): Reusables {
  const keyOf = ({ tenantId, name }: ReusableName): string => keys.reusable(tenantId, hashOf(name));
  const claimOf = ({ tenantId, name }: ReusableName): string => keys.reusableClaim(tenantId, hashOf(name));
  const open = (sealed: Buffer, key: string): string | undefined => {
    try {
      return cipher.decrypt(sealed, key).toString();
    } catch (error) {
      // Its key is no longer in SESSION_ENCRYPTION_KEY: it is made again, and no message fails for it.
      if (error instanceof PomboError) return undefined;
      throw error;
    }
  };
  const claims = createClaims(redis, (key) => key, REUSABLE_CLAIM_MS);
  return {
    async read(what) {
      const key = keyOf(what);
      const sealed = await redis.getBuffer(key);
      return sealed === null ? undefined : open(sealed, key);
    },
    async save(what, value, ttlMs) {
      const key = keyOf(what);
      if (ttlMs >= 1) await redis.set(key, cipher.encrypt(Buffer.from(value), key), 'PX', Math.floor(ttlMs));
    },
    claim: async (what) => (await claims.claim([claimOf(what)])).length > 0,
    prolong: (what) => claims.prolong([claimOf(what)]),
    release: (what) => claims.release([claimOf(what)]),
  };
}
