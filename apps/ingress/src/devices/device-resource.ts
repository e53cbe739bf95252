/** A device as the API shows it. */
import type { DeviceRecord } from '@pombo/store';
import { rfc3339 } from '../http/rfc3339.js';

/** @param queueDepth messages accepted and not yet acknowledged, failed or expired. */
export function buildDevice(device: DeviceRecord, queueDepth: number) {
  return {
    id: device.id,
    name: device.name,
    connected: device.state === 'connected',
    state: device.state,
    ...(device.phone === undefined ? {} : { phone_number: device.phone }),
    ...(device.jid === undefined ? {} : { jid: device.jid }),
    queue_depth: queueDepth,
    created_at: rfc3339(device.createdAt),
  };
}

/** A proxy as it may be shown: without user and password. */
export function showProxy(url: string | undefined): string | null {
  if (url === undefined) return null;
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href.replace(/\/$/, '');
}

/** The answer of `GET /status`; everything is null where there is no device. */
export function buildDeviceStatus(device: DeviceRecord | undefined) {
  return {
    connected: device?.state === 'connected',
    status: device?.state ?? null,
    device_id: device?.id ?? null,
    jid: device?.jid ?? null,
    phone_number: device?.phone ?? null,
    is_logged_in: device?.paired ?? false,
    last_seen: device?.lastSeenAt === undefined ? null : rfc3339(device.lastSeenAt),
  };
}
