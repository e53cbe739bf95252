/** What is known of a request beside its own words; kept outside of it, so that Express' types stay untouched. */
import type { IncomingMessage } from 'node:http';
import type { Caller } from '@pombo/store';

export interface RequestContext {
  readonly requestId: string;
  /** From `performance.now()`, in milliseconds. */
  readonly startedAtMs: number;
  /** Set once the token has been checked. */
  caller?: Caller;
}

const contexts = new WeakMap<IncomingMessage, RequestContext>();

export function attachContext(request: IncomingMessage, context: RequestContext): void {
  contexts.set(request, context);
}

/** @throws Error when the request never passed `identifyRequest`. */
export function contextOf(request: IncomingMessage): RequestContext {
  const context = contexts.get(request);
  if (!context) throw new Error('the request has no context');
  return context;
}

/** @throws Error when the route is not behind `authenticate`. */
export function callerOf(request: IncomingMessage): Caller {
  const { caller } = contextOf(request);
  if (!caller) throw new Error('the request was not authenticated');
  return caller;
}
