/** `GET /qr` pairs a device with a phone, `GET /status` says whether it is. */
import type { Request } from 'express';
import QRCode from 'qrcode';
import type { AppParts } from '../app-parts.js';
import { choosePairingDevice, chooseShownDevice } from '../devices/choose-device.js';
import { buildDeviceStatus } from '../devices/device-resource.js';
import { obtainPairingCode } from '../devices/obtain-pairing-code.js';
import { clientLeft } from '../http/client-left.js';
import { callerOf } from '../http/request-context.js';
import { rfc3339 } from '../http/rfc3339.js';
import type { Routes } from './routes.js';

export function addPairingRoutes(routes: Routes, { config, store: { devices } }: AppParts): void {
  const times = { pairingMs: config.PAIRING_TIMEOUT_MS, waitMs: config.QR_WAIT_MS };

  routes.add('GET /qr', async (request, response) => {
    const device = await choosePairingDevice(devices, callerOf(request).tenantId, deviceIdOf(request));
    const code = await obtainPairingCode(devices, device, times, clientLeft(response));
    response.json({
      success: true,
      data: {
        qr_code: code.qr,
        image: await QRCode.toDataURL(code.qr),
        cached: code.cached,
        expires_at: rfc3339(code.expiresAt),
        ttl: Math.max(0, Math.ceil((code.expiresAt - Date.now()) / 1000)),
        device_id: device.id,
      },
    });
  });

  routes.add('GET /status', async (request, response) => {
    const { tenantId } = callerOf(request);
    const deviceId = deviceIdOf(request);
    const named = deviceId === undefined ? await chooseShownDevice(devices, tenantId) : await devices.read(deviceId);
    const device = named?.tenantId === tenantId ? named : undefined;
    response.json({ success: true, data: buildDeviceStatus(device) });
  });
}

function deviceIdOf(request: Request): string | undefined {
  const given = request.query['device_id'];
  return typeof given === 'string' && given !== '' ? given : undefined;
}
