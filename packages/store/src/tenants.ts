/** Tenants: who shares devices, messages and users, and nothing with anybody else. */
import { randomUUID } from 'node:crypto';
import type { Redis } from '@pombo/runtime';
import { encodeChange } from './changes.js';
import type { Keys } from './keys.js';
import type { Role, Users } from './users.js';

export interface Tenant {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** False: its tokens are refused; what it queued is still sent. */
  readonly enabled: boolean;
  /** It is being removed with everything it has. */
  readonly erasing: boolean;
}

export interface TenantChanges {
  readonly name?: string;
  readonly enabled?: boolean;
}

export interface Tenants {
  create(name: string): Promise<{ tenantId: string }>;
  /** A user for whom nothing but the role matters. @returns the token in the clear: the only time it can be seen. */
  createToken(tenantId: string, role: Role): Promise<{ token: string; userId: string }>;
  read(tenantId: string): Promise<Tenant | undefined>;
  /** Oldest first. */
  list(): Promise<Tenant[]>;
  /** @returns the tenant as it is now; undefined when there is none. */
  update(tenantId: string, changes: TenantChanges): Promise<Tenant | undefined>;
}

const TENANT_ID = /^ten_[0-9a-f]{20}$/;

/** @param users of the same connection. */
export function createTenants(redis: Redis, keys: Keys, users: Users): Tenants {
  const read = async (tenantId: string): Promise<Tenant | undefined> => {
    if (!TENANT_ID.test(tenantId)) return undefined;
    const fields = await redis.hgetall(keys.tenant(tenantId));
    return fields['id'] === undefined ? undefined : tenantFromFields(fields);
  };

  return {
    async create(name) {
      const tenantId = `ten_${randomUUID().replaceAll('-', '').slice(0, 20)}`;
      // Listed first: a tenant that no list shows could never be found again.
      await redis.sadd(keys.tenantIndex, tenantId);
      await redis.hset(keys.tenant(tenantId), { id: tenantId, name, created: Date.now() });
      return { tenantId };
    },
    async createToken(tenantId, role) {
      const { user, token } = await users.create(tenantId, { name: role, role, devices: undefined });
      return { token, userId: user.id };
    },
    read,
    async list() {
      const ids = await redis.smembers(keys.tenantIndex);
      const found = await Promise.all(ids.map(read));
      return found.filter((tenant) => tenant !== undefined).sort((a, b) => a.createdAt - b.createdAt);
    },
    async update(tenantId, { name, enabled }) {
      if (!(await read(tenantId))) return undefined;
      const fields = [
        ...(name === undefined ? [] : ['name', name]),
        ...(enabled === undefined ? [] : ['off', enabled ? '0' : '1']),
      ];
      const change = encodeChange({ kind: 'tenant', id: tenantId });
      if (fields.length > 0) await redis.pomboUpdateIfThere(keys.tenant(tenantId), keys.changes, change, ...fields);
      return read(tenantId);
    },
  };
}

function tenantFromFields(fields: Readonly<Record<string, string>>): Tenant {
  return {
    id: fields['id'] ?? '',
    name: fields['name'] ?? '',
    createdAt: Number(fields['created']),
    enabled: fields['off'] !== '1',
    erasing: fields['erasing'] !== undefined,
  };
}
