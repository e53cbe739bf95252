/** The demo tenant and its paired device: made on the first run, remembered for the next ones. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApiClient } from './api-client.mjs';
import { openStore } from './open-store.mjs';
import { waitUntil } from './wait-until.mjs';

/** The demo device's own number and the recipient that the printed commands use. */
export const DEMO_PHONE = '5511900000001';
export const DEMO_RECIPIENT = '5511999999999';

const UNPAIRED = new Set(['unpaired', 'pairing', 'logged_out']);

function readRemembered(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

async function makeTenant(env) {
  const { store, close } = await openStore(env);
  try {
    const { tenantId } = await store.tenants.create('Demo');
    const { token } = await store.tenants.createToken(tenantId, 'admin');
    return { tenantId, token };
  } finally {
    close();
  }
}

/** Remembered ids are worth nothing when Redis was emptied meanwhile, so the API is asked. */
async function isStillKnown({ token, deviceId }, apiUrl) {
  const { status } = await createApiClient(apiUrl, token).request('GET', `/devices/${deviceId}`);
  return status === 200;
}

/**
 * @param {{ apiUrl: string, dataDir: string, env: NodeJS.ProcessEnv }} options `env` is what the apps run with
 * @returns {Promise<{ tenantId: string, token: string, deviceId: string }>}
 */
export async function ensureDemo({ apiUrl, dataDir, env }) {
  const path = join(dataDir, 'demo.json');
  const remembered = readRemembered(path);
  if (remembered && (await isStillKnown(remembered, apiUrl))) return remembered;
  const tenant = await makeTenant(env);
  const { device } = await createApiClient(apiUrl, tenant.token).expect('POST', '/devices', { name: 'Demo' });
  const demo = { ...tenant, deviceId: device.id };
  writeFileSync(path, JSON.stringify(demo, null, 2), { mode: 0o600 });
  return demo;
}

/** Lets the sandbox's phone scan a QR code. */
export async function scanWithSandbox(controlUrl, qr) {
  const response = await fetch(new URL('/pair-qr', controlUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ qr, phone: DEMO_PHONE }),
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok) throw new Error(`the sandbox's phone refused the code: ${await response.text()}`);
}

/**
 * Waits until the device is connected, showing each new QR code to `scan` while it isn't paired.
 * @param {{ scan: (qr: string) => Promise<void>, deadlineMs: number, signal: AbortSignal }} options
 */
export async function connectDemo(api, deviceId, { scan, deadlineMs, signal }) {
  const query = `?device_id=${deviceId}`;
  const scanned = new Set();
  const isConnected = async () => {
    const { data } = await api.expect('GET', `/status${query}`);
    if (data.connected) return true;
    if (!UNPAIRED.has(data.status)) return undefined;
    const { status, body } = await api.request('GET', `/qr${query}`);
    const qr = status === 200 ? body.data.qr_code : undefined;
    if (qr && !scanned.has(qr)) {
      await scan(qr);
      scanned.add(qr);
    }
    return undefined;
  };
  await waitUntil('the demo device to connect', isConnected, { deadlineMs, signal });
}
