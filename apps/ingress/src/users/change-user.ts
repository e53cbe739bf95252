/** What an admin may make of a user, beyond what the schema checks. */
import { PomboError } from '@pombo/contracts';
import type { Caller, Devices, Role, User } from '@pombo/store';
import type { NameField } from '../http/field-problems.js';
import type { CreateUserBody, UpdateUserBody } from './user-schemas.js';

/** @throws PomboError DEVICE_NOT_FOUND for a device of someone else; VALIDATION_ERROR for an admin with some devices. */
export async function checkDevices(
  allowed: CreateUserBody['devices'] | undefined,
  role: Role,
  tenantId: string,
  devices: Devices,
  nameField: NameField,
): Promise<void> {
  if (allowed === undefined || allowed === 'all') return;
  const field = nameField('devices');
  if (role === 'admin') throw notForAdmins(field);
  const own = new Set(await devices.listIdsOfTenant(tenantId));
  const foreign = allowed.findIndex((id) => !own.has(id));
  if (foreign >= 0) throw noSuchDevice(`${field}[${foreign}]`);
}

/** So that a tenant is not left without an admin by a slip. @throws PomboError FORBIDDEN */
export function refuseToHarmOneself(caller: Caller, user: User, { role, enabled }: UpdateUserBody): void {
  if (caller.userId !== user.id) return;
  if (enabled === false || (role !== undefined && role !== user.role)) throw notOneself();
}

export function notOneself(): PomboError {
  return new PomboError('FORBIDDEN', 'you cannot take your own access away: ask another admin of your tenant');
}

export function noSuchUser(): PomboError {
  return new PomboError('NOT_FOUND', 'you have no user with this id');
}

function notForAdmins(field: string): PomboError {
  const message = `${field} must be "all" for the role admin: an admin may use every device`;
  return new PomboError('VALIDATION_ERROR', message, { validation: [{ field, message }] });
}

function noSuchDevice(field: string): PomboError {
  const message = `${field} is no device of yours`;
  return new PomboError('DEVICE_NOT_FOUND', message, { validation: [{ field, message }] });
}
