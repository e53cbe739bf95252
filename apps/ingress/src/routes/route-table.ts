/**
 * Every route of the API, and who may call it. A route is served only through its row (`Routes.add`), so nothing is
 * open by accident; the tests that keep callers and tenants apart walk this table.
 */
import { SEND_ROUTES, type SendPath } from '@pombo/contracts';
import type { Role } from '@pombo/store';

/**
 * The least role that may call: an admin may do what a manager may, and a manager what a user may. `anyone` needs no
 * token, `master` the operator's.
 */
export type Access = 'anyone' | Role | 'master';

export interface RouteRow {
  readonly access: Access;
  /** The route takes a JSON body, which is read only once the caller is known and may call. */
  readonly json?: true;
  /** It lets messages in: refused while Redis is nearly full, and held to what the user may send. */
  readonly admits?: true;
}

/** A method and a path pattern of Express. */
type Named = `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`;

const sends = Object.fromEntries(
  SEND_ROUTES.map(({ path }): [Named, RouteRow] => [`POST ${path}`, { access: 'user', json: true, admits: true }]),
) as Record<`POST ${SendPath}`, RouteRow>;

export const ROUTES = {
  'GET /health/live': { access: 'anyone' },
  'GET /health/ready': { access: 'anyone' },
  'GET /metrics': { access: 'anyone' },
  'GET /openapi.json': { access: 'anyone' },
  'GET /docs': { access: 'anyone' },
  'GET /docs/:file': { access: 'anyone' },

  ...sends,
  'POST /media': { access: 'user' },
  'GET /messages': { access: 'user' },
  'GET /messages/:id': { access: 'user' },
  'GET /messages/:id/status': { access: 'user' },
  'GET /messages/:id/media': { access: 'user' },
  'DELETE /messages/:id': { access: 'user' },
  'POST /messages/:id/resend': { access: 'user', json: true, admits: true },

  'GET /devices': { access: 'user' },
  'GET /devices/:id': { access: 'user' },
  'POST /devices': { access: 'manager', json: true },
  'POST /devices/import': { access: 'admin', json: true },
  'POST /devices/:id/export': { access: 'admin', json: true },
  'GET /status': { access: 'user' },
  'PATCH /devices/:id': { access: 'manager', json: true },
  'DELETE /devices/:id': { access: 'manager' },
  'GET /qr': { access: 'manager' },
  'GET /qr/status': { access: 'user' },
  'POST /paircode': { access: 'manager', json: true },
  'POST /connect': { access: 'manager', json: true },
  'POST /disconnect': { access: 'manager', json: true },
  'POST /logout': { access: 'manager', json: true },

  'GET /me': { access: 'user' },
  'GET /users': { access: 'admin' },
  'POST /users': { access: 'admin', json: true },
  'GET /users/:id': { access: 'admin' },
  'PATCH /users/:id': { access: 'admin', json: true },
  'DELETE /users/:id': { access: 'admin' },
  'POST /users/:id/token': { access: 'admin' },

  'DELETE /recipients/:number': { access: 'admin' },
  'GET /erasures/:id': { access: 'admin' },

  'GET /tenants': { access: 'master' },
  'POST /tenants': { access: 'master', json: true },
  'GET /tenants/:id': { access: 'master' },
  'PATCH /tenants/:id': { access: 'master', json: true },
  'DELETE /tenants/:id': { access: 'master' },
  'POST /tenants/:id/token': { access: 'master' },

  'GET /webhook/events': { access: 'user' },
  'GET /webhook': { access: 'manager' },
  'POST /webhook': { access: 'manager', json: true },
  'DELETE /webhook': { access: 'manager' },
  'GET /webhooks': { access: 'manager' },
  'POST /webhooks': { access: 'manager', json: true },
  'GET /webhooks/:id': { access: 'manager' },
  'PATCH /webhooks/:id': { access: 'manager', json: true },
  'DELETE /webhooks/:id': { access: 'manager' },
  'POST /webhooks/:id/rotate-secret': { access: 'manager', json: true },
  'POST /webhooks/:id/test': { access: 'manager' },
  'POST /webhooks/:id/replay': { access: 'manager', json: true },
  'GET /webhooks/:id/deliveries': { access: 'manager' },
  'GET /webhooks/:id/dead-letters': { access: 'manager' },
} as const satisfies Record<Named, RouteRow>;

export type RouteName = keyof typeof ROUTES;
