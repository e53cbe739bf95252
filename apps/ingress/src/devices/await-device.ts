/** Waits a little for a worker to carry out what was asked of a device, so that the answer can say how it went. */
import { setTimeout as pause } from 'node:timers/promises';
import type { DeviceRecord, Devices } from '@pombo/store';

const POLL_MS = 100;
/** A client that waits for longer had better ask again. */
export const DEVICE_WAIT_MS = 5_000;

/** @returns the device as it is once `isDone`, the time is up or the client has left; undefined when it is gone. */
export async function awaitDevice(
  devices: Devices,
  deviceId: string,
  isDone: (device: DeviceRecord) => boolean,
  signal: AbortSignal,
): Promise<DeviceRecord | undefined> {
  const deadline = performance.now() + DEVICE_WAIT_MS;
  for (;;) {
    const device = await devices.read(deviceId);
    if (!device || isDone(device) || performance.now() >= deadline || signal.aborted) return device;
    await pause(POLL_MS);
  }
}
