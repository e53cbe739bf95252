/**
 * Keeps what endpoints are told within what whoever made them may see: no events of other devices, and none at all once
 * the user is disabled or removed.
 */
import type { User } from '../users.js';
import type { WebhookEndpoints } from './webhook-endpoints.js';

/** The devices a user may use; undefined: all. An admin may use every one, whatever was said before it became one. */
export function devicesOf({ role, devices }: Pick<User, 'role' | 'devices'>): readonly string[] | undefined {
  return role === 'admin' ? undefined : devices;
}

/** @param user as it is now; undefined when it was removed. */
export async function followUser(
  endpoints: Pick<WebhookEndpoints, 'listOfTenant' | 'change'>,
  tenantId: string,
  userId: string,
  user: User | undefined,
): Promise<void> {
  const scope = user && devicesOf(user);
  for (const endpoint of await endpoints.listOfTenant(tenantId)) {
    if (endpoint.userId !== userId) continue;
    const name = { tenantId, webhookId: endpoint.id };
    if (!user?.enabled) {
      if (endpoint.enabled) await endpoints.change(name, { enabled: false, disabledBy: 'user' });
    } else if (scope?.join() !== endpoint.scope?.join()) await endpoints.change(name, { scope });
  }
}
