/** Tenants, their users and the tokens that name them. A token is shown once and kept only as its hash. */
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Redis } from '@pombo/runtime';
import type { Keys } from './keys.js';

export const ROLES = ['admin', 'manager', 'user'] as const;
export type Role = (typeof ROLES)[number];

/** Whom a token names. */
export interface Caller {
  readonly tenantId: string;
  readonly userId: string;
  readonly role: Role;
}

export interface Tenants {
  create(name: string): Promise<{ tenantId: string }>;
  /** @returns the token in the clear: the only time it can be seen. */
  createToken(tenantId: string, role: Role): Promise<{ token: string; userId: string }>;
  /** @returns undefined for a token nobody has. */
  authenticate(token: string): Promise<Caller | undefined>;
}

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** A token is a UUID v4: 122 random bits, so a plain hash is enough to keep it. */
const hashOf = (token: string): string => createHash('sha256').update(token.toLowerCase()).digest('hex');

const sameHash = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

export function createTenants(redis: Redis, keys: Keys): Tenants {
  return {
    async create(name) {
      const tenantId = `ten_${randomUUID().replaceAll('-', '').slice(0, 20)}`;
      await redis.hset(keys.tenant(tenantId), { id: tenantId, name, created: Date.now() });
      return { tenantId };
    },
    async createToken(tenantId, role) {
      const token = randomUUID();
      const hash = hashOf(token);
      const userId = `usr_${randomUUID().replaceAll('-', '').slice(0, 20)}`;
      await redis.hset(keys.token(hash), { hash, tenant: tenantId, user: userId, role, created: Date.now() });
      return { token, userId };
    },
    async authenticate(token) {
      if (!UUID_V4.test(token)) return undefined;
      const hash = hashOf(token);
      const found = await redis.hgetall(keys.token(hash));
      if (!found['hash'] || !sameHash(found['hash'], hash)) return undefined;
      return { tenantId: found['tenant'] ?? '', userId: found['user'] ?? '', role: (found['role'] ?? 'user') as Role };
    },
  };
}
