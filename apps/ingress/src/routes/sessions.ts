/** A device's session: whether there is one, having one, ending it, unlinking it from the phone. */
import type { DeviceRecord } from '@pombo/store';
import type { Request, Response } from 'express';
import type { AppParts } from '../app-parts.js';
import { awaitDevice } from '../devices/await-device.js';
import { chooseOnlyDevice, choosePairingDevice } from '../devices/choose-device.js';
import { buildDeviceStatus } from '../devices/device-resource.js';
import { namedDeviceSchema } from '../devices/device-schemas.js';
import { alreadyConnected } from '../devices/obtain-pairing-code.js';
import { showDevice } from '../devices/show-device.js';
import { clientLeft } from '../http/client-left.js';
import { queriedDeviceId } from '../http/queried-device-id.js';
import { readBody } from '../http/read-body.js';
import { callerOf } from '../http/request-context.js';
import type { Routes } from './routes.js';

const HAS_SESSION: ReadonlySet<string> = new Set(['connected', 'connecting', 'pairing']);

export function addSessionRoutes(routes: Routes, { config, store: { devices, deviceOrders } }: AppParts): void {
  const readNamed = readBody(namedDeviceSchema, { blanksAreAbsent: true });
  const deviceIdOf = (request: Request, response: Response) => {
    const { body, extras } = readNamed(request, response);
    return { deviceId: body.device_id ?? queriedDeviceId(request), extras };
  };

  routes.add('GET /status', async (request, response) => {
    const device = await showDevice(devices, callerOf(request), queriedDeviceId(request));
    response.json({ success: true, data: buildDeviceStatus(device) });
  });

  routes.add('POST /connect', async (request, response) => {
    const { deviceId, extras } = deviceIdOf(request, response);
    const device = await choosePairingDevice(devices, callerOf(request), deviceId);
    if (device.state === 'connected') throw alreadyConnected();
    if (device.paired) await deviceOrders.switchOn(device);
    else await deviceOrders.requestPairing(device, Date.now() + config.PAIRING_TIMEOUT_MS);
    const isUp = ({ state }: DeviceRecord): boolean => state === 'connected' || state === 'pairing';
    const now = await awaitDevice(devices, device.id, isUp, clientLeft(response));
    response.json({ success: true, data: buildDeviceStatus(now), ...extras });
  });

  routes.add('POST /disconnect', async (request, response) => {
    const { deviceId, extras } = deviceIdOf(request, response);
    const device = await chooseOnlyDevice(devices, callerOf(request), deviceId);
    await deviceOrders.switchOff(device);
    const isDown = ({ state }: DeviceRecord): boolean => !HAS_SESSION.has(state);
    const now = await awaitDevice(devices, device.id, isDown, clientLeft(response));
    response.json({ success: true, data: buildDeviceStatus(now), ...extras });
  });

  routes.add('POST /logout', async (request, response) => {
    const { deviceId, extras } = deviceIdOf(request, response);
    const device = await chooseOnlyDevice(devices, callerOf(request), deviceId);
    if (device.paired) await deviceOrders.requestLogOut(device);
    const now = await awaitDevice(devices, device.id, ({ paired }) => !paired, clientLeft(response));
    response.json({ success: true, data: buildDeviceStatus(now), ...extras });
  });
}
