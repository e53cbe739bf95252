/** One line per request: what was asked and how it ended, never what was in it. */
import type { Logger } from '@pombo/runtime';
import type { NodeHandler, NodeRequest } from './node-handler.js';
import { contextOf } from './request-context.js';

/** Asked every few seconds by machines. */
const QUIET = /^\/(?:health|metrics)/;

export function createAccessLog(logger: Logger): NodeHandler {
  return (request, response, next) => {
    response.once('close', () => {
      const { requestId, startedAtMs } = contextOf(request);
      const route = routePattern(request);
      const durationMs = Math.round((performance.now() - startedAtMs) * 10) / 10;
      const outcome = response.writableFinished ? { status: response.statusCode } : { aborted: true };
      const line = { method: request.method, route, ...outcome, durationMs, requestId };
      if (QUIET.test(route)) logger.debug('request', line);
      else logger.info('request', line);
    });
    next();
  };
}

/** The pattern, since a path may hold ids; a path nobody serves may hold anything and is left out. */
function routePattern(request: NodeRequest): string {
  const { path } = (request.route ?? {}) as { path?: string };
  return path ?? '(none)';
}
