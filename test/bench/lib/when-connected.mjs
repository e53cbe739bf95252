import { waitUntil } from '../../../scripts/lib/wait-until.mjs';

export async function whenConnected(store, devices, deadlineMs) {
  const areConnected = async () => {
    const found = await Promise.all(devices.map(({ id }) => store.devices.read(id)));
    return found.every((device) => device?.state === 'connected') ? true : undefined;
  };
  await waitUntil('the devices to connect', areConnected, { deadlineMs, everyMs: 100 });
}
