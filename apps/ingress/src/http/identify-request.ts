/** Gives every request an id: the client's own, when it is a short plain token, so that both logs can be joined. */
import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import { attachContext } from './request-context.js';

const HEADER = 'X-Request-Id';
const SANE = /^[\w.:-]{1,64}$/;

export const identifyRequest: RequestHandler = (request, response, next) => {
  const given = request.get(HEADER);
  const requestId = given !== undefined && SANE.test(given) ? given : randomUUID();
  attachContext(request, { requestId, startedAtMs: performance.now() });
  response.set(HEADER, requestId);
  next();
};
