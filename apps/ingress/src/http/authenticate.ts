/** Who is calling. Runs before a body is read, so that a stranger costs one look-up. */
import { PomboError } from '@pombo/contracts';
import type { Tenants } from '@pombo/store';
import type { NodeHandler } from './node-handler.js';
import { contextOf } from './request-context.js';

/** `Bearer <token>`, the scheme in any case, or the bare token. */
const AUTHORIZATION = /^(?:bearer +)?([0-9a-f-]{36})$/i;

export function createAuthenticate(tenants: Pick<Tenants, 'authenticate'>): NodeHandler {
  return async (request, _response, next) => {
    const token = AUTHORIZATION.exec(request.headers.authorization?.trim() ?? '')?.[1];
    const context = contextOf(request);
    const caller = token && (await context.redisBudget.spend(tenants.authenticate(token)));
    if (!caller) throw new PomboError('UNAUTHORIZED', 'send a valid token as: Authorization: Bearer <token>');
    context.caller = caller;
    next();
  };
}
