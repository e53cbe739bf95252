/** Serves routes behind what their row in the table asks for. */
import type { Express, RequestHandler } from 'express';
import type { DirectLane } from '../http/direct-lane.js';
import type { NodeHandler } from '../http/node-handler.js';
import { createRequireAccess } from '../http/require-access.js';
import { type RouteName, type RouteRow, ROUTES } from './route-table.js';

export interface Routes {
  /** @param name of a row in `ROUTES`; the caller has been checked, and the body read, when `handler` runs. */
  add(name: RouteName, handler: RequestHandler): void;
  /** As `add`, for a route without parameters that carries much: also served without Express. */
  addDirect(name: RouteName, handler: NodeHandler): void;
}

export interface RouteGuards {
  /** Before all routes. */
  readonly first: readonly NodeHandler[];
  readonly authenticate: NodeHandler;
  readonly admit: NodeHandler;
  readonly readJson: readonly NodeHandler[];
}

export function createRoutes(
  app: Express,
  lane: DirectLane,
  { first, authenticate, admit, readJson }: RouteGuards,
): Routes {
  /** On the routes and not on the app, so that an unknown path stays a 404. */
  const guardsOf = ({ access, admits, json }: RouteRow): NodeHandler[] => [
    ...(access === 'anyone' ? [] : [authenticate, createRequireAccess(access)]),
    ...(admits ? [admit] : []),
    ...(json ? readJson : []),
  ];
  const add = (name: RouteName, handler: RequestHandler): void => {
    const [method, path = ''] = name.split(' ');
    app[method?.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete'](path, ...guardsOf(ROUTES[name]), handler);
  };

  app.use(...first);
  return {
    add,
    addDirect(name, handler) {
      add(name, handler);
      lane.add(name, [...first, ...guardsOf(ROUTES[name]), handler]);
    },
  };
}
