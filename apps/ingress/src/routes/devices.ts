import type { DeviceRecord } from '@pombo/store';
import type { AppParts } from '../app-parts.js';
import { parseCreateDevice } from '../devices/create-device-schema.js';
import { findOwnDevice } from '../devices/choose-device.js';
import { buildDevice } from '../devices/device-resource.js';
import { callerOf } from '../http/request-context.js';
import { rfc3339 } from '../http/rfc3339.js';
import type { Routes } from './routes.js';

export function addDeviceRoutes(routes: Routes, { store: { devices } }: AppParts): void {
  const describe = async (device: DeviceRecord) => buildDevice(device, await devices.waiting(device.id));

  routes.add('POST /devices', async (request, response) => {
    const { name } = parseCreateDevice(request.body);
    const { id, createdAt } = await devices.create(callerOf(request).tenantId, name);
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
    const all = await devices.listOfTenant(callerOf(request).tenantId);
    const described = await Promise.all(all.map(describe));
    response.json({ success: true, devices: described, data: described });
  });

  routes.add('GET /devices/:id', async (request, response) => {
    const { tenantId } = callerOf(request);
    const device = await findOwnDevice(devices, tenantId, String(request.params['id']));
    const owner = await devices.owner(device.id);
    const described = { ...(await describe(device)), owner: owner ?? null };
    response.json({ success: true, device: described, data: described });
  });
}
