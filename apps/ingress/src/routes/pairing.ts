/** Pairing a device with a phone: `GET /qr` for a code to be scanned, `POST /paircode` for one to be typed. */
import QRCode from 'qrcode';
import type { AppParts } from '../app-parts.js';
import { choosePairingDevice } from '../devices/choose-device.js';
import { pairCodeSchema } from '../devices/device-schemas.js';
import { obtainLinkCode, obtainQrCode } from '../devices/obtain-pairing-code.js';
import { showDevice } from '../devices/show-device.js';
import { clientLeft } from '../http/client-left.js';
import { queriedDeviceId } from '../http/queried-device-id.js';
import { readBody } from '../http/read-body.js';
import { callerOf } from '../http/request-context.js';
import { rfc3339 } from '../http/rfc3339.js';
import type { Routes } from './routes.js';

const secondsUntil = (time: number): number => Math.max(0, Math.ceil((time - Date.now()) / 1000));

export function addPairingRoutes(routes: Routes, { config, store }: AppParts): void {
  const { devices } = store;
  const times = { pairingMs: config.PAIRING_TIMEOUT_MS, waitMs: config.QR_WAIT_MS };
  const readPairCode = readBody(pairCodeSchema, { blanksAreAbsent: true });

  routes.add('GET /qr', async (request, response) => {
    const device = await choosePairingDevice(devices, callerOf(request), queriedDeviceId(request));
    const code = await obtainQrCode(store, device, times, clientLeft(response));
    response.json({
      success: true,
      data: {
        qr_code: code.qr,
        image: await QRCode.toDataURL(code.qr),
        cached: code.cached,
        expires_at: rfc3339(code.expiresAt),
        ttl: secondsUntil(code.expiresAt),
        device_id: device.id,
      },
    });
  });

  routes.add('GET /qr/status', async (request, response) => {
    const device = await showDevice(devices, callerOf(request), queriedDeviceId(request));
    const code = device && (await devices.codes.readQr(device.id));
    response.json({
      success: true,
      data: {
        device_id: device?.id ?? null,
        status: device?.state ?? null,
        connected: device?.state === 'connected',
        qr_available: code !== undefined,
        expires_at: code === undefined ? null : rfc3339(code.expiresAt),
        ttl: code === undefined ? 0 : secondsUntil(code.expiresAt),
      },
    });
  });

  routes.add('POST /paircode', async (request, response) => {
    const { body, extras } = readPairCode(request, response);
    const deviceId = body.device_id ?? queriedDeviceId(request);
    const device = await choosePairingDevice(devices, callerOf(request), deviceId);
    const code = await obtainLinkCode(store, device, body.phone, times, clientLeft(response));
    response.json({
      success: true,
      data: {
        code: `${code.code.slice(0, 4)}-${code.code.slice(4)}`,
        phone: code.phone,
        expires_in: secondsUntil(code.expiresAt),
        cached: code.cached,
        device_id: device.id,
      },
      ...extras,
    });
  });
}
