/** Serves routes behind what their row in the table asks for. */
import type { Express, RequestHandler } from 'express';
import { createRequireRole } from '../http/require-role.js';
import { type RouteName, type RouteRow, ROUTES } from './route-table.js';

export interface Routes {
  /** @param name of a row in `ROUTES`; the caller has been checked, and the body read, when `handler` runs. */
  add(name: RouteName, handler: RequestHandler): void;
}

export interface RouteGuards {
  readonly authenticate: RequestHandler;
  readonly readJson: readonly RequestHandler[];
}

export function createRoutes(app: Express, { authenticate, readJson }: RouteGuards): Routes {
  /** On the routes and not on the app, so that an unknown path stays a 404. */
  const guardsOf = ({ access, json }: RouteRow): RequestHandler[] => [
    ...(access === 'anyone' ? [] : [authenticate, createRequireRole(access)]),
    ...(json ? readJson : []),
  ];
  return {
    add(name, handler) {
      const [method, path = ''] = name.split(' ');
      app[method?.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete'](
        path,
        ...guardsOf(ROUTES[name]),
        handler,
      );
    },
  };
}
