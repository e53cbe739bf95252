/**
 * Everything ingress and worker print at the most talkative level, during a run in which a Signal session is forced to
 * change (libsignal then prints it, private keys included): no key, no token, no caption, no whole number.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAuthState } from '@pombo/store';
import { eventually } from '@pombo/testing';
import { createApiClient } from './harness/api-client.js';
import { type ChildApp, INGRESS, startChildApp, WORKER } from './harness/child-app.js';
import { makePicture } from './harness/picture.js';
import { type PictureServer, startPictureServer } from './harness/picture-server.js';
import { startStack, type Stack } from './harness/stack.js';

const CAPTION = 'a caption nobody else may read';
const NUMBER = '5511999990200';
let stack: Stack;
let pictures: PictureServer;
const children: ChildApp[] = [];

beforeAll(async () => {
  stack = await startStack();
  pictures = await startPictureServer(await makePicture());
  stack.onClose(() => pictures.stop());
  stack.onClose(() => Promise.all(children.map((child) => child.kill('SIGKILL'))));
});
afterAll(() => stack.close());

function start(script: string): ChildApp {
  const child = startChildApp(script, { ...stack.env, LOG_LEVEL: 'debug' });
  children.push(child);
  return child;
}

/** Every long text in a device's stored keys: private and public keys, chain keys, secrets. */
async function keyMaterialOf(deviceId: string): Promise<Set<string>> {
  const { redis, keys, cipher } = stack.store;
  const names = await redis.hkeys(keys.auth(deviceId));
  const texts = await createAuthState(redis, keys, cipher, deviceId, 0).read(names);
  const found = new Set<string>();
  for (const text of texts) {
    for (const [, base64] of (text ?? '').matchAll(/"([A-Za-z0-9+/]{40,}={0,2})"/g)) {
      const value = base64 ?? '';
      found.add(value);
      found.add(Buffer.from(value, 'base64').toString('hex'));
      found.add(Buffer.from(value, 'base64').toString('hex').replace(/../g, '$& ').slice(0, 60));
    }
  }
  return found;
}

test('nothing private is printed, even when a Signal session changes', async () => {
  const { store, sandbox, tenantId } = stack;
  const ingress = start(INGRESS);
  const worker = start(WORKER);
  const url = await eventually('the ingress listens', () => /"url":"([^"]+)"/.exec(ingress.output())?.[1], {
    timeoutMs: 50_000,
  });
  const { token } = await store.tenants.createToken(tenantId, 'admin');
  const api = createApiClient(url, token);

  const created = await api.post('/devices', { name: 'my phone' });
  const deviceId = (created.body['device'] as { id: string }).id;
  const { body } = await api.get(`/qr?device_id=${deviceId}`);
  const linked = await sandbox.pairQr((body['data'] as { qr_code: string }).qr_code);
  await stack.whenConnected(deviceId);

  const send = async (): Promise<string> => {
    const image_url = pictures.url('/picture.png?secret=query');
    pictures.answer('/picture.png?secret=query', (_request, response) => response.end());
    const bad = await api.post('/send/image', { number: NUMBER, image_url, caption: CAPTION });
    await stack.whenState(String(bad.body['message_id']), 'failed');
    const good = await api.post('/send/image', {
      number: NUMBER,
      image_url: pictures.url('/picture.png'),
      caption: CAPTION,
    });
    const id = String(good.body['message_id']);
    await stack.whenState(id, 'delivered');
    return id;
  };
  await send();
  await sandbox.reply(NUMBER, linked.jid, CAPTION);
  await send();
  const before = await keyMaterialOf(deviceId);
  sandbox.changeIdentity(NUMBER);
  await send();
  await sandbox.reply(NUMBER, linked.jid, CAPTION);
  const last = await send();
  const { messages } = await sandbox.recipient(NUMBER, { messageId: last });
  expect(messages).toMatchObject([{ displayedCount: 1 }]);
  await api.get('/nowhere');
  await api.post('/send/image', { number: `${NUMBER}99999`, caption: CAPTION });

  const after = await keyMaterialOf(deviceId);
  const exits = await Promise.all([worker.kill('SIGTERM'), ingress.kill('SIGTERM')]);
  expect(exits).toEqual([0, 0]);
  const output = worker.output() + ingress.output();
  // Proof that the session really changed while this was watched, and that something was printed at all.
  expect(output).toContain('a library wrote to the console');
  expect(output).toContain('message sent');
  expect([...after].some((key) => !before.has(key))).toBe(true);

  expect(before.size).toBeGreaterThan(100);
  const secrets = [...before, ...after, token, CAPTION, NUMBER, linked.phone, 'secret=query', 'privKey', 'rootKey'];
  expect(secrets.filter((secret) => output.includes(secret))).toEqual([]);
});
