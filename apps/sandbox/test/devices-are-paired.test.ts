import { expect, test } from '@jest/globals';
import { createScene } from './harness/scene.js';
import { waitFor } from './harness/wait-for.js';

const scene = createScene();

test('a QR code is scanned, the client restarts and logs in', async () => {
  const { sandbox } = scene;
  const registering = scene.connect();
  const qr = await waitFor('a QR code', () => registering.updates.find((update) => update.qr)?.qr);
  const paired = await sandbox.pairQr(qr, { phone: '5511987654321' });
  expect(await registering.waitForClose()).toBe(515);

  const client = scene.connect(registering.auth);
  await client.waitForOpen();
  expect(client.auth.creds.me).toMatchObject({ id: paired.jid, lid: paired.lid });
  await waitFor('one-time keys', () => sandbox.counters().preKeysUploaded > 0);
});
