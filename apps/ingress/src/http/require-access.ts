/** Whether the caller may do this at all. Runs before a body is read. */
import { PomboError } from '@pombo/contracts';
import { type Role, ROLES } from '@pombo/store';
import type { NodeHandler } from './node-handler.js';
import { callerOf, contextOf } from './request-context.js';

/** @param least the role it takes at least, or `master` for the operator's token. */
export function createRequireAccess(least: Role | 'master'): NodeHandler {
  return least === 'master' ? requireMaster : requireRole(least);
}

const requireMaster: NodeHandler = (request, _response, next) => {
  if (!contextOf(request).master) throw forbidden('this needs the master token of whoever operates this Pombo');
  next();
};

function requireRole(least: Role): NodeHandler {
  // ROLES has the mightiest first.
  const enough = ROLES.slice(0, ROLES.indexOf(least) + 1);
  return (request, _response, next) => {
    if (contextOf(request).master) {
      throw forbidden(`the master token belongs to no tenant: this needs a token of a tenant, of the role ${least}`);
    }
    const { role } = callerOf(request);
    if (!enough.includes(role)) throw forbidden(`this needs the role ${least}, and your token has the role ${role}`);
    next();
  };
}

function forbidden(message: string): PomboError {
  return new PomboError('FORBIDDEN', message);
}
