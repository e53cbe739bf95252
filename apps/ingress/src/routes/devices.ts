import type { DeviceRecord } from '@pombo/store';
import type { AppParts } from '../app-parts.js';
import { parseCreateDevice } from '../devices/create-device-schema.js';
import { findOwnDevice, listOwnDevices } from '../devices/choose-device.js';
import { buildDevice } from '../devices/device-resource.js';
import { buildPacing, buildRestriction } from '../devices/pacing-resource.js';
import { callerOf } from '../http/request-context.js';
import { rfc3339 } from '../http/rfc3339.js';
import type { Routes } from './routes.js';

export function addDeviceRoutes(
  routes: Routes,
  { config, store: { devices, users, pacings, restrictions } }: AppParts,
): void {
  const describe = async (device: DeviceRecord) => buildDevice(device, await devices.waiting(device.id));

  routes.add('POST /devices', async (request, response) => {
    const { name } = parseCreateDevice(request.body);
    const { tenantId, userId } = callerOf(request);
    const { id, createdAt } = await devices.create(tenantId, name);
    await users.allowDevice(tenantId, userId, id);
    response
      .status(201)
      .location(`/devices/${id}`)
      .json({
        success: true,
        device: { id, name, connected: false, created_at: rfc3339(createdAt) },
        data: { device_id: id, name },
      });
  });

  routes.add('GET /devices', async (request, response) => {
    const all = await listOwnDevices(devices, callerOf(request));
    const described = await Promise.all(all.map(describe));
    response.json({ success: true, devices: described, data: described });
  });

  routes.add('GET /devices/:id', async (request, response) => {
    const device = await findOwnDevice(devices, callerOf(request), String(request.params['id']));
    const [owner, pacing, restriction] = await Promise.all([
      devices.owner(device.id),
      pacings.read(device.id, config.PACING),
      restrictions.read(device.id),
    ]);
    const described = {
      ...(await describe(device)),
      owner: owner ?? null,
      pacing: buildPacing(pacing),
      restriction: buildRestriction(restriction),
    };
    response.json({ success: true, device: described, data: described });
  });
}
