import { parseProxyUrl } from '@pombo/contracts';
import type { DeviceRecord } from '@pombo/store';
import type { AppParts } from '../app-parts.js';
import { answerMadeDevice } from '../devices/answer-made-device.js';
import { findOwnDevice, listOwnDevices } from '../devices/choose-device.js';
import { buildDevice, showProxy } from '../devices/device-resource.js';
import { createDeviceSchema, updateDeviceSchema } from '../devices/device-schemas.js';
import { readBody } from '../http/read-body.js';
import { buildPacing, buildRestriction } from '../devices/pacing-resource.js';
import { callerOf } from '../http/request-context.js';
import type { Routes } from './routes.js';

export function addDeviceRoutes(
  routes: Routes,
  { config, store: { devices, deviceOrders, users, pacings, restrictions } }: AppParts,
): void {
  const readCreate = readBody(createDeviceSchema);
  const readUpdate = readBody(updateDeviceSchema);
  const describe = async (device: DeviceRecord) => buildDevice(device, await devices.waiting(device.id));

  const describeFully = async (device: DeviceRecord) => {
    const [described, owner, proxy, pacing, restriction] = await Promise.all([
      describe(device),
      devices.owner(device.id),
      deviceOrders.readProxy(device.id),
      pacings.read(device.id, config.PACING),
      restrictions.read(device.id),
    ]);
    return {
      ...described,
      owner: owner ?? null,
      proxy: showProxy(proxy),
      pacing: buildPacing(pacing),
      restriction: buildRestriction(restriction),
    };
  };

  routes.add('POST /devices', async (request, response) => {
    const { body, extras } = readCreate(request, response);
    const { name } = body;
    const { tenantId, userId } = callerOf(request);
    const device = await devices.create(tenantId, name);
    await users.allowDevice(tenantId, userId, device.id);
    answerMadeDevice(response, device, extras);
  });

  routes.add('GET /devices', async (request, response) => {
    const all = await listOwnDevices(devices, callerOf(request));
    const described = await Promise.all(all.map(describe));
    response.json({ success: true, devices: described, data: described });
  });

  routes.add('GET /devices/:id', async (request, response) => {
    const device = await findOwnDevice(devices, callerOf(request), String(request.params['id']));
    const described = await describeFully(device);
    response.json({ success: true, device: described, data: described });
  });

  routes.add('PATCH /devices/:id', async (request, response) => {
    const caller = callerOf(request);
    const device = await findOwnDevice(devices, caller, String(request.params['id']));
    const { body, extras } = readUpdate(request, response);
    const proxy = body.proxy && parseProxyUrl(body.proxy).href;
    if (body.name !== undefined) await deviceOrders.rename(device, body.name);
    if (body.pacing !== undefined) await pacings.change(device.id, body.pacing);
    if (proxy !== undefined) await deviceOrders.setProxy(device, proxy);
    const described = await describeFully(await findOwnDevice(devices, caller, device.id));
    response.json({ success: true, device: described, data: described, ...extras });
  });

  routes.add('DELETE /devices/:id', async (request, response) => {
    const device = await findOwnDevice(devices, callerOf(request), String(request.params['id']));
    await deviceOrders.remove(device);
    response.json({ success: true, device_id: device.id });
  });
}
