import type { Caller, DeviceRecord, Devices } from '@pombo/store';
import { chooseShownDevice, mayUse } from './choose-device.js';

/** The named device, or the one that would send. Someone else's device is none. */
export async function showDevice(
  devices: Devices,
  caller: Caller,
  deviceId: string | undefined,
): Promise<DeviceRecord | undefined> {
  if (deviceId === undefined) return chooseShownDevice(devices, caller);
  const device = mayUse(caller, deviceId) ? await devices.read(deviceId) : undefined;
  return device?.tenantId === caller.tenantId ? device : undefined;
}
