/**
 * A handler that asks nothing of Express: it may run behind its router or without it. Express' own additions to request
 * and response are not there then.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** The request, with what handlers before this one put on it; the names are Express'. */
export type NodeRequest = IncomingMessage & {
  /** The parsed JSON body, once it has been read. */
  body?: unknown;
  /** The route that serves it, once that is known. */
  route?: unknown;
};

export type NodeHandler = (
  request: NodeRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void | Promise<void>;

/** Hears what a handler threw, or handed to `next`. */
export type NodeErrorHandler = (
  error: unknown,
  request: NodeRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;
