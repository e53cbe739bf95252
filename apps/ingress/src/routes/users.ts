/** Who belongs to a tenant, and what they may do. A token is in one answer only: the one that made it. */
import type { Request } from 'express';
import type { AppParts } from '../app-parts.js';
import { readBody } from '../http/read-body.js';
import { type CallContext, callOf } from '../http/request-context.js';
import { checkDevices, noSuchUser, notOneself, refuseToHarmOneself } from '../users/change-user.js';
import { buildUser } from '../users/user-resource.js';
import { createUserSchema, updateUserSchema } from '../users/user-schemas.js';
import type { Routes } from './routes.js';

export function addUserRoutes(routes: Routes, { store: { users, devices } }: AppParts): void {
  const readCreate = readBody(createUserSchema);
  const readUpdate = readBody(updateUserSchema);

  const findUser = async (request: Request, { caller, redisBudget }: CallContext) => {
    const user = await redisBudget.spend(users.read(caller.tenantId, String(request.params['id'])));
    if (!user) throw noSuchUser();
    return user;
  };

  routes.add('GET /me', async (request, response) => {
    const { caller, redisBudget } = callOf(request);
    const user = await redisBudget.spend(users.read(caller.tenantId, caller.userId));
    if (!user) throw noSuchUser();
    response.json({ success: true, tenant_id: caller.tenantId, user: buildUser(user) });
  });

  routes.add('POST /users', async (request, response) => {
    const { caller, redisBudget } = callOf(request);
    const { body, nameField, extras } = readCreate(request, response);
    await redisBudget.spend(checkDevices(body.devices, body.role, caller.tenantId, devices, nameField));
    const draft = { ...body, devices: body.devices === 'all' ? undefined : body.devices };
    const { user, token } = await redisBudget.spend(users.create(caller.tenantId, draft));
    response.status(201).location(`/users/${user.id}`);
    response.json({ success: true, user: buildUser(user), token, ...extras });
  });

  routes.add('GET /users', async (request, response) => {
    const { caller, redisBudget } = callOf(request);
    const all = await redisBudget.spend(users.list(caller.tenantId));
    response.json({ success: true, users: all.map(buildUser) });
  });

  routes.add('GET /users/:id', async (request, response) => {
    response.json({ success: true, user: buildUser(await findUser(request, callOf(request))) });
  });

  routes.add('PATCH /users/:id', async (request, response) => {
    const context = callOf(request);
    const { caller, redisBudget } = context;
    const { body, nameField, extras } = readUpdate(request, response);
    const user = await findUser(request, context);
    refuseToHarmOneself(caller, user, body);
    const role = body.role ?? user.role;
    await redisBudget.spend(checkDevices(body.devices, role, caller.tenantId, devices, nameField));
    const changed = await redisBudget.spend(users.update(caller.tenantId, user.id, body));
    if (!changed) throw noSuchUser();
    response.json({ success: true, user: buildUser(changed), ...extras });
  });

  routes.add('DELETE /users/:id', async (request, response) => {
    const context = callOf(request);
    const { id } = await findUser(request, context);
    if (id === context.caller.userId) throw notOneself();
    await context.redisBudget.spend(users.remove(context.caller.tenantId, id));
    response.json({ success: true, user_id: id });
  });

  routes.add('POST /users/:id/token', async (request, response) => {
    const context = callOf(request);
    const { id } = await findUser(request, context);
    const token = await context.redisBudget.spend(users.rotateToken(context.caller.tenantId, id));
    response.status(201).json({ success: true, user_id: id, token });
  });
}
