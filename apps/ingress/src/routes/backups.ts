/** Devices leave Pombo as a sealed text, and come back as one. */
import type { AppParts } from '../app-parts.js';
import { answerMadeDevice } from '../devices/answer-made-device.js';
import { findOwnDevice } from '../devices/choose-device.js';
import { exportDeviceSchema, importDeviceSchema } from '../devices/device-schemas.js';
import { readBody } from '../http/read-body.js';
import { callerOf } from '../http/request-context.js';
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
    const device = await deviceBackups.restore(tenantId, body.backup, body.passphrase, body.name);
    await users.allowDevice(tenantId, userId, device.id);
    answerMadeDevice(response, device, extras);
  });
}
