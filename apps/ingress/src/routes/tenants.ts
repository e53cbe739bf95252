/** Tenants, for whoever holds the master token. */
import { PomboError } from '@pombo/contracts';
import type { Tenant } from '@pombo/store';
import type { Request } from 'express';
import type { AppParts } from '../app-parts.js';
import { readBody } from '../http/read-body.js';
import { contextOf } from '../http/request-context.js';
import { buildTenant, buildUser } from '../users/user-resource.js';
import { createTenantSchema, updateTenantSchema } from '../users/user-schemas.js';
import type { Routes } from './routes.js';

const FIRST_USER = { name: 'admin', role: 'admin', devices: undefined } as const;

export function addTenantRoutes(routes: Routes, { store, erasureRunner }: AppParts): void {
  const { tenants, users, devices, erasures } = store;
  const readCreate = readBody(createTenantSchema);
  const readUpdate = readBody(updateTenantSchema);

  const findTenant = async (request: Request): Promise<Tenant> => {
    const tenant = await contextOf(request).redisBudget.spend(tenants.read(String(request.params['id'])));
    if (!tenant) throw noSuchTenant();
    return tenant;
  };
  /** How much there is of it, and how much waits to be sent. */
  const measure = async ({ id }: Tenant) => {
    const [all, deviceIds] = await Promise.all([users.list(id), devices.listIdsOfTenant(id)]);
    const waiting = await Promise.all(deviceIds.map((deviceId) => devices.waiting(deviceId)));
    const queueDepth = waiting.reduce((sum, count) => sum + count, 0);
    return { user_count: all.length, device_count: deviceIds.length, queue_depth: queueDepth };
  };

  routes.add('POST /tenants', async (request, response) => {
    const { redisBudget } = contextOf(request);
    const { body, extras } = readCreate(request, response);
    const { tenantId } = await redisBudget.spend(tenants.create(body.name));
    const { user, token } = await redisBudget.spend(users.create(tenantId, FIRST_USER));
    const tenant = await redisBudget.spend(tenants.read(tenantId));
    if (!tenant) throw noSuchTenant();
    response.status(201).location(`/tenants/${tenantId}`);
    response.json({ success: true, tenant: buildTenant(tenant), user: buildUser(user), token, ...extras });
  });

  routes.add('GET /tenants', async (request, response) => {
    const all = await contextOf(request).redisBudget.spend(tenants.list());
    response.json({ success: true, tenants: all.map(buildTenant) });
  });

  routes.add('GET /tenants/:id', async (request, response) => {
    const tenant = await findTenant(request);
    const figures = await contextOf(request).redisBudget.spend(measure(tenant));
    response.json({ success: true, tenant: { ...buildTenant(tenant), ...figures } });
  });

  routes.add('PATCH /tenants/:id', async (request, response) => {
    const { body, extras } = readUpdate(request, response);
    const { id } = await findTenant(request);
    const changed = await contextOf(request).redisBudget.spend(tenants.update(id, body));
    if (!changed) throw noSuchTenant();
    response.json({ success: true, tenant: buildTenant(changed), ...extras });
  });

  routes.add('DELETE /tenants/:id', async (request, response) => {
    const { id } = await findTenant(request);
    const erasure = await contextOf(request).redisBudget.spend(erasures.requestTenant(id));
    if (!erasure) throw noSuchTenant();
    erasureRunner.wake();
    response.status(202).location(`/tenants/${id}`).json({ success: true, tenant_id: id, status: 'erasing' });
  });

  routes.add('POST /tenants/:id/token', async (request, response) => {
    const { id } = await findTenant(request);
    const { user, token } = await contextOf(request).redisBudget.spend(users.create(id, FIRST_USER));
    response.status(201).json({ success: true, user: buildUser(user), token });
  });
}

function noSuchTenant(): PomboError {
  return new PomboError('NOT_FOUND', 'there is no tenant with this id');
}
