/** Users and tenants as the API shows them. */
import type { Tenant, User } from '@pombo/store';
import { rfc3339 } from '../http/rfc3339.js';

export function buildUser({ id, name, role, devices, enabled, createdAt, tokenAt }: User) {
  return {
    id,
    name,
    role,
    devices: devices === undefined || role === 'admin' ? 'all' : devices,
    enabled,
    created_at: rfc3339(createdAt),
    token_created_at: tokenAt === undefined ? null : rfc3339(tokenAt),
  };
}

export function buildTenant({ id, name, enabled, erasing, createdAt }: Tenant) {
  return { id, name, enabled, status: erasing ? 'erasing' : 'active', created_at: rfc3339(createdAt) };
}
