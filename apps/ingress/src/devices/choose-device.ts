/** Which device a request means. */
import { PomboError } from '@pombo/contracts';
import type { DeviceRecord, Devices } from '@pombo/store';

/** @throws PomboError DEVICE_NOT_FOUND, also for a device of someone else: which of the two it is, nobody else may know. */
export async function findOwnDevice(devices: Devices, tenantId: string, deviceId: string): Promise<DeviceRecord> {
  const device = await devices.read(deviceId);
  if (device?.tenantId === tenantId) return device;
  const message = 'you have no device with this device_id';
  throw new PomboError('DEVICE_NOT_FOUND', message, { validation: [{ field: 'device_id', message }] });
}

/**
 * The named device; else the tenant's only one, the connected one with the fewest waiting messages, or any that is
 * paired.
 *
 * @throws PomboError DEVICE_NOT_FOUND, or DEVICE_NOT_READY when none it may be is paired
 */
export async function chooseSendingDevice(
  devices: Devices,
  tenantId: string,
  deviceId: string | undefined,
): Promise<DeviceRecord> {
  const candidates =
    deviceId === undefined ? await devices.listOfTenant(tenantId) : [await findOwnDevice(devices, tenantId, deviceId)];
  if (candidates.length === 0) throw noDevice();
  const paired = candidates.filter((device) => device.paired);
  const connected = paired.filter((device) => device.state === 'connected');
  const chosen = await leastBusy(devices, connected.length > 0 ? connected : paired);
  if (!chosen) throw notReady();
  return chosen;
}

/** For showing: like the one that would send, but any device is better than none. */
export async function chooseShownDevice(devices: Devices, tenantId: string): Promise<DeviceRecord | undefined> {
  const all = await devices.listOfTenant(tenantId);
  return all.find((device) => device.state === 'connected') ?? all.find((device) => device.paired) ?? all[0];
}

/** For pairing: the one that needs it. @throws PomboError DEVICE_NOT_FOUND when there is no device at all. */
export async function choosePairingDevice(
  devices: Devices,
  tenantId: string,
  deviceId: string | undefined,
): Promise<DeviceRecord> {
  if (deviceId !== undefined) return findOwnDevice(devices, tenantId, deviceId);
  const all = await devices.listOfTenant(tenantId);
  const chosen = all.find((device) => !device.paired) ?? all.find((device) => device.state !== 'connected') ?? all[0];
  if (!chosen) throw noDevice();
  return chosen;
}

async function leastBusy(devices: Devices, candidates: readonly DeviceRecord[]): Promise<DeviceRecord | undefined> {
  if (candidates.length < 2) return candidates[0];
  const waiting = await Promise.all(candidates.map(({ id }) => devices.waiting(id)));
  return candidates[waiting.indexOf(Math.min(...waiting))];
}

function noDevice(): PomboError {
  return new PomboError('DEVICE_NOT_FOUND', 'you have no device yet: create one with POST /devices');
}

function notReady(): PomboError {
  return new PomboError(
    'DEVICE_NOT_READY',
    'the device is not paired with a phone: get a code from GET /qr and scan it with WhatsApp',
  );
}
