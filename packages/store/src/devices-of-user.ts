import type { User } from './users.js';

/** The devices a user may use; undefined: all. An admin may use every one, whatever was said before it became one. */
export function devicesOf({ role, devices }: Pick<User, 'role' | 'devices'>): readonly string[] | undefined {
  return role === 'admin' ? undefined : devices;
}
