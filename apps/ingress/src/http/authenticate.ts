/** Who is calling. Runs before a body is read, so that a stranger costs one look-up. */
import { PomboError } from '@pombo/contracts';
import { type Caller, hashToken } from '@pombo/store';
import type { KnownCallers } from '../remembered/known-callers.js';
import type { NodeHandler } from './node-handler.js';
import { contextOf, type RequestContext } from './request-context.js';

/** `Bearer <token>`, the scheme in any case, or the bare token. */
const AUTHORIZATION = /^(?:bearer +)?([0-9a-f-]{36})$/i;

export function createAuthenticate(callers: KnownCallers): NodeHandler {
  const find = async (token: string, { redisBudget }: RequestContext): Promise<Caller | undefined> => {
    const hash = hashToken(token);
    const found = hash === undefined ? undefined : callers.find(hash);
    return found instanceof Promise ? redisBudget.spend(found) : found;
  };
  return async (request, _response, next) => {
    const token = AUTHORIZATION.exec(request.headers.authorization?.trim() ?? '')?.[1];
    const context = contextOf(request);
    const caller = token && (await find(token, context));
    if (!caller) throw new PomboError('UNAUTHORIZED', 'send a valid token as: Authorization: Bearer <token>');
    context.caller = caller;
    next();
  };
}
