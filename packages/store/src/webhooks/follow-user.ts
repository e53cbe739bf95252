/**
 * Keeps what endpoints are told within what whoever made them may see: no events of other devices, and none at all once
 * the user is disabled or removed.
 */
import { devicesOf } from '../devices-of-user.js';
import type { User } from '../users.js';
import { nameOfWebhook, type WebhookEndpoints } from './webhook-endpoints.js';

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
    const name = nameOfWebhook(endpoint);
    if (!user?.enabled) {
      if (endpoint.enabled) await endpoints.change(name, { enabled: false, disabledBy: 'user' });
    } else if (scope?.join() !== endpoint.scope?.join()) await endpoints.change(name, { scope });
  }
}
