/** Devices leave Pombo as a sealed text, and come back as one. */
import type { AppParts } from '../app-parts.js';
import { findOwnDevice } from '../devices/choose-device.js';
import { exportDeviceSchema, importDeviceSchema } from '../devices/device-schemas.js';
import { readBody } from '../http/read-body.js';
import { callerOf } from '../http/request-context.js';
import { rfc3339 } from '../http/rfc3339.js';
import type { Routes } from './routes.js';

export function addBackupRoutes(routes: Routes, { store: { devices, deviceBackups, users } }: AppParts): void {
  const readExport = readBody(exportDeviceSchema);
  const readImport = readBody(importDeviceSchema);

  routes.add('POST /devices/:id/export', async (request, response) => {
    const device = await findOwnDevice(devices, callerOf(request), String(request.params['id']));
    const { body, extras } = readExport(request, response);
    const backup = await deviceBackups.create(device, body.passphrase);
    response.set('Cache-Control', 'no-store').json({ success: true, device_id: device.id, backup, ...extras });
  });

  routes.add('POST /devices/import', async (request, response) => {
    const { body, extras } = readImport(request, response);
    const { tenantId, userId } = callerOf(request);
    const { id, name, createdAt } = await deviceBackups.restore(tenantId, body.backup, body.passphrase, body.name);
    await users.allowDevice(tenantId, userId, id);
    response
      .status(201)
      .location(`/devices/${id}`)
      .json({
        success: true,
        device: { id, name, connected: false, created_at: rfc3339(createdAt) },
        data: { device_id: id, name },
        ...extras,
      });
  });
}
