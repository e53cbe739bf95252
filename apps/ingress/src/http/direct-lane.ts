/**
 * The short way to the routes that carry the load. Express swaps the prototypes of request and response and walks its
 * list of routes, which costs some 130 µs a request, five times what Node needs to read and answer one. A request for
 * exactly such a route therefore runs through the same handlers without Express; any other spelling of the path (a
 * query, a slash at its end) finds them in Express as always.
 */
import type { RequestListener, ServerResponse } from 'node:http';
import type { NodeErrorHandler, NodeHandler, NodeRequest } from './node-handler.js';

export interface DirectLane {
  /** @param name method and path, which has no parameters. @param handlers as Express would run them, in order. */
  add(name: string, handlers: readonly NodeHandler[]): void;
  readonly handle: RequestListener;
}

/** @param rest serves everything else. @param answerError hears what a handler threw. */
export function createDirectLane(rest: RequestListener, answerError: NodeErrorHandler): DirectLane {
  const lanes = new Map<string, { route: { path: string }; handlers: readonly NodeHandler[] }>();
  return {
    add(name, handlers) {
      const [, path = ''] = name.split(' ');
      lanes.set(name, { route: { path }, handlers });
    },
    handle(request: NodeRequest, response) {
      const lane = lanes.get(`${request.method} ${request.url}`);
      if (!lane) return rest(request, response);
      request.route = lane.route;
      run(lane.handlers, 0, request, response, (error) => answerError(error, request, response, cut(response)));
    },
  };
}

/** What Express does with an error that came when part of the answer had gone out. */
const cut = (response: ServerResponse) => (): void => void response.destroy();

function run(
  handlers: readonly NodeHandler[],
  place: number,
  request: NodeRequest,
  response: ServerResponse,
  fail: (error: unknown) => void,
): void {
  const next = (error?: unknown): void => {
    if (error) fail(error);
    else run(handlers, place + 1, request, response, fail);
  };
  try {
    const done = handlers[place]?.(request, response, next);
    if (done) done.catch(fail);
  } catch (error) {
    fail(error);
  }
}
