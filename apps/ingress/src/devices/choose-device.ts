/** Which device a request means, where it is not about sending. */
import { PomboError } from '@pombo/contracts';
import type { Caller, DeviceRecord, Devices } from '@pombo/store';

export function mayUse(caller: Caller, deviceId: string): boolean {
  return caller.devices?.includes(deviceId) ?? true;
}

/** The tenant's devices that the caller may use, oldest first. */
export async function listOwnDevices(devices: Devices, caller: Caller): Promise<DeviceRecord[]> {
  const all = await devices.listOfTenant(caller.tenantId);
  return all.filter(({ id }) => mayUse(caller, id));
}

/**
 * @throws PomboError DEVICE_NOT_FOUND, also for a device of someone else, or one that the caller may not use: which of
 * these it is, the caller may not know.
 */
export async function findOwnDevice(devices: Devices, caller: Caller, deviceId: string): Promise<DeviceRecord> {
  const device = mayUse(caller, deviceId) ? await devices.read(deviceId) : undefined;
  if (device?.tenantId !== caller.tenantId) throw deviceNotFound();
  return device;
}

/** For showing: like the one that would send, but any device is better than none. */
export async function chooseShownDevice(devices: Devices, caller: Caller): Promise<DeviceRecord | undefined> {
  const all = await listOwnDevices(devices, caller);
  return all.find((device) => device.state === 'connected') ?? all.find((device) => device.paired) ?? all[0];
}

/** For pairing: the one that needs it. @throws PomboError DEVICE_NOT_FOUND when there is no device at all. */
export async function choosePairingDevice(
  devices: Devices,
  caller: Caller,
  deviceId: string | undefined,
): Promise<DeviceRecord> {
  if (deviceId !== undefined) return findOwnDevice(devices, caller, deviceId);
  const all = await listOwnDevices(devices, caller);
  const chosen = all.find((device) => !device.paired) ?? all.find((device) => device.state !== 'connected') ?? all[0];
  if (!chosen) throw noDevice();
  return chosen;
}

/**
 * For what a device cannot be had back from: the named one, or the only one there is.
 * @throws PomboError DEVICE_NOT_FOUND; VALIDATION_ERROR when there are several and none is named.
 */
export async function chooseOnlyDevice(
  devices: Devices,
  caller: Caller,
  deviceId: string | undefined,
): Promise<DeviceRecord> {
  if (deviceId !== undefined) return findOwnDevice(devices, caller, deviceId);
  const [only, ...others] = await listOwnDevices(devices, caller);
  if (!only) throw noDevice();
  if (others.length === 0) return only;
  const message = 'name the device: you have several';
  throw new PomboError('VALIDATION_ERROR', `device_id: ${message}`, { validation: [{ field: 'device_id', message }] });
}

export function deviceNotFound(): PomboError {
  const message = 'you have no device with this device_id';
  return new PomboError('DEVICE_NOT_FOUND', message, { validation: [{ field: 'device_id', message }] });
}

export function noDevice(): PomboError {
  return new PomboError('DEVICE_NOT_FOUND', 'you have no device yet: create one with POST /devices');
}
