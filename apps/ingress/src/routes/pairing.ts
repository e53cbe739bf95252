/** `GET /qr` pairs a device with a phone, `GET /status` says whether it is. */
import type { Caller, DeviceRecord } from '@pombo/store';
import type { Request } from 'express';
import QRCode from 'qrcode';
import type { AppParts } from '../app-parts.js';
import { choosePairingDevice, chooseShownDevice, mayUse } from '../devices/choose-device.js';
import { buildDeviceStatus } from '../devices/device-resource.js';
import { obtainPairingCode } from '../devices/obtain-pairing-code.js';
import { clientLeft } from '../http/client-left.js';
import { callerOf } from '../http/request-context.js';
import { rfc3339 } from '../http/rfc3339.js';
import type { Routes } from './routes.js';

export function addPairingRoutes(routes: Routes, { config, store: { devices } }: AppParts): void {
  const times = { pairingMs: config.PAIRING_TIMEOUT_MS, waitMs: config.QR_WAIT_MS };

  /** Someone else's device is none. */
  const showDevice = async (caller: Caller, deviceId: string | undefined): Promise<DeviceRecord | undefined> => {
    if (deviceId === undefined) return chooseShownDevice(devices, caller);
    const device = mayUse(caller, deviceId) ? await devices.read(deviceId) : undefined;
    return device?.tenantId === caller.tenantId ? device : undefined;
  };

  routes.add('GET /qr', async (request, response) => {
    const device = await choosePairingDevice(devices, callerOf(request), deviceIdOf(request));
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
    const device = await showDevice(callerOf(request), deviceIdOf(request));
    response.json({ success: true, data: buildDeviceStatus(device) });
  });
}

function deviceIdOf(request: Request): string | undefined {
  const given = request.query['device_id'];
  return typeof given === 'string' && given !== '' ? given : undefined;
}
