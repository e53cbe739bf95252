/** Gives every request an id: the client's own, when it is a short plain token, so that both logs can be joined. */
import { randomUUID } from 'node:crypto';
import type { NodeHandler } from './node-handler.js';
import { createRedisBudget } from './redis-budget.js';
import { attachContext } from './request-context.js';

const HEADER = 'X-Request-Id';
const SANE = /^[\w.:-]{1,64}$/;

/** @param commandTimeoutMs of the Redis connection. */
export function createIdentifyRequest(commandTimeoutMs: number): NodeHandler {
  return (request, response, next) => {
    const given = request.headers[HEADER.toLowerCase()];
    const requestId = typeof given === 'string' && SANE.test(given) ? given : randomUUID();
    const redisBudget = createRedisBudget(commandTimeoutMs);
    attachContext(request, { requestId, startedAtMs: performance.now(), redisBudget });
    response.setHeader(HEADER, requestId);
    next();
  };
}
