/** Who is calling. Runs before a body is read, so that a stranger costs one look-up. */
import { PomboError } from '@pombo/contracts';
import { type Caller, createSecretCheck, hashToken } from '@pombo/store';
import type { KnownCallers } from '../remembered/known-callers.js';
import type { NodeHandler } from './node-handler.js';
import { contextOf, type RequestContext } from './request-context.js';

/** `Bearer <token>`, the scheme in any case, or the bare token. */
const AUTHORIZATION = /^(?:bearer +)?(\S{1,256})$/i;

/** @param masterToken of the operator; undefined when there is none. */
export function createAuthenticate(callers: KnownCallers, masterToken: string | undefined): NodeHandler {
  const isMaster = masterToken === undefined ? () => false : createSecretCheck(masterToken);
  const find = async (token: string, { redisBudget }: RequestContext): Promise<Caller | undefined> => {
    const hash = hashToken(token);
    const found = hash === undefined ? undefined : callers.find(hash);
    return found instanceof Promise ? redisBudget.spend(found) : found;
  };
  return async (request, _response, next) => {
    const token = AUTHORIZATION.exec(request.headers.authorization?.trim() ?? '')?.[1] ?? '';
    const context = contextOf(request);
    const caller = await find(token, context);
    if (caller) context.caller = caller;
    else if (isMaster(token)) context.master = true;
    else throw new PomboError('UNAUTHORIZED', 'send a valid token as: Authorization: Bearer <token>');
    next();
  };
}
