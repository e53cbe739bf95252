import type { RequestHandler } from 'express';

/** What runs before a route's own handler. On the routes and not on the app, so that an unknown path stays a 404. */
export interface Guards {
  /** Authenticated. */
  readonly read: readonly RequestHandler[];
  /** Authenticated, then the JSON body. */
  readonly write: readonly RequestHandler[];
}
