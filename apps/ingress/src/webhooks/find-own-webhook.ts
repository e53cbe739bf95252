/** Which webhook endpoints a caller sees and changes. */
import { PomboError } from '@pombo/contracts';
import type { Caller, WebhookEndpoint, WebhookEndpoints } from '@pombo/store';

type Endpoints = Pick<WebhookEndpoints, 'read' | 'listOfTenant'>;

/** All of the tenant; for a caller that may use some devices only, those that it made. */
function isOwn(caller: Caller, endpoint: WebhookEndpoint): boolean {
  return caller.devices === undefined || endpoint.userId === caller.userId;
}

/** In the order they were made. */
export async function listOwnWebhooks(endpoints: Endpoints, caller: Caller): Promise<WebhookEndpoint[]> {
  const all = await endpoints.listOfTenant(caller.tenantId);
  return all.filter((endpoint) => isOwn(caller, endpoint));
}

/** @throws PomboError WEBHOOK_NOT_FOUND, also for an endpoint of someone else. */
export async function findOwnWebhook(
  endpoints: Endpoints,
  caller: Caller,
  webhookId: string,
): Promise<WebhookEndpoint> {
  const endpoint = await endpoints.read({ tenantId: caller.tenantId, webhookId });
  if (!endpoint || !isOwn(caller, endpoint)) throw webhookNotFound();
  return endpoint;
}

export function webhookNotFound(): PomboError {
  return new PomboError('WEBHOOK_NOT_FOUND', 'you have no webhook endpoint with this id');
}
