/** Whether the caller may do this at all. Runs before a body is read. */
import { PomboError } from '@pombo/contracts';
import { type Role, ROLES } from '@pombo/store';
import type { NodeHandler } from './node-handler.js';
import { callerOf } from './request-context.js';

/** @param least the role it takes at least. */
export function createRequireRole(least: Role): NodeHandler {
  // ROLES has the mightiest first.
  const enough = ROLES.slice(0, ROLES.indexOf(least) + 1);
  return (request, _response, next) => {
    const { role } = callerOf(request);
    if (!enough.includes(role)) throw forbidden(least, role);
    next();
  };
}

function forbidden(least: Role, role: Role): PomboError {
  return new PomboError('FORBIDDEN', `this needs the role ${least}, and your token has the role ${role}`);
}
