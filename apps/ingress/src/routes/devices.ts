import type { DeviceRecord } from '@pombo/store';
import type { Express } from 'express';
import type { AppParts } from '../app-parts.js';
import { parseCreateDevice } from '../devices/create-device-schema.js';
import { findOwnDevice } from '../devices/choose-device.js';
import { buildDevice } from '../devices/device-resource.js';
import { callerOf } from '../http/request-context.js';
import { rfc3339 } from '../http/rfc3339.js';
import type { Guards } from './guards.js';

export function addDeviceRoutes(app: Express, guards: Guards, { store: { devices } }: AppParts): void {
  const describe = async (device: DeviceRecord) => buildDevice(device, await devices.waiting(device.id));

  app.post('/devices', ...guards.write, async (request, response) => {
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

  app.get('/devices', ...guards.read, async (request, response) => {
    const all = await devices.listOfTenant(callerOf(request).tenantId);
    const described = await Promise.all(all.map(describe));
    response.json({ success: true, devices: described, data: described });
  });

  app.get('/devices/:id', ...guards.read, async (request, response) => {
    const { tenantId } = callerOf(request);
    const device = await findOwnDevice(devices, tenantId, String(request.params['id']));
    const owner = await devices.owner(device.id);
    const described = { ...(await describe(device)), owner: owner ?? null };
    response.json({ success: true, device: described, data: described });
  });
}
