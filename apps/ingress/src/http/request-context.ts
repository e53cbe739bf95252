/** What is known of a request beside its own words; kept outside of it, so that Express' types stay untouched. */
import type { IncomingMessage } from 'node:http';
import type { Caller } from '@pombo/store';
import type { LiftedMedia } from './lift-media.js';
import type { RedisBudget } from './redis-budget.js';

export interface RequestContext {
  readonly requestId: string;
  /** From `performance.now()`, in milliseconds. */
  readonly startedAtMs: number;
  readonly redisBudget: RedisBudget;
  /** Set once the token has been checked. */
  caller?: Caller;
  /** What tokens in the body stand for, once it has been read. */
  lifted?: LiftedMedia;
  /** To be called when nothing points into `lifted` any more: its memory is used again. */
  letGoOfMedia?: () => void;
  /** Set when the token is the operator's, who belongs to no tenant. */
  master?: true;
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

/** Of a request whose caller is known. */
export type CallContext = RequestContext & { readonly caller: Caller };

/** @throws Error when the route is not behind `authenticate`. */
export function callOf(request: IncomingMessage): CallContext {
  const context = contextOf(request);
  if (!isCall(context)) throw new Error('the request was not authenticated');
  return context;
}

function isCall(context: RequestContext): context is CallContext {
  return context.caller !== undefined;
}

/** @throws Error when the route is not behind `authenticate`. */
export function callerOf(request: IncomingMessage): Caller {
  return callOf(request).caller;
}
