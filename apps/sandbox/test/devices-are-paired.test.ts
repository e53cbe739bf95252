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

test('a QR code without the leading URL links a second device to the same phone', async () => {
  const { sandbox } = scene;
  const registering = scene.connect();
  const qr = await waitFor('a QR code', () => registering.updates.find((update) => update.qr)?.qr);
  const paired = await sandbox.pairQr(qr.split('#')[1] ?? '', { phone: '+55 (11) 8765-4321' });
  expect(paired.jid).toBe('5511987654321:2@s.whatsapp.net');
  expect(await registering.waitForClose()).toBe(515);
});

test('a pairing code typed into the phone links the client that asked for it', async () => {
  const { sandbox } = scene;
  const phone = '447700900123';
  const registering = scene.connect();
  await waitFor('a QR code', () => registering.updates.some((update) => update.qr));
  const code = await registering.sock.requestPairingCode(phone);
  const paired = await waitFor('the hello to arrive', () => sandbox.pairCode(phone, code).catch(() => undefined));
  expect(await registering.waitForClose()).toBe(515);

  const client = scene.connect(registering.auth);
  await client.waitForOpen();
  expect(client.auth.creds).toMatchObject({ registered: true, me: { id: paired.jid } });
});

test('a wrong pairing code links nothing', async () => {
  const { sandbox } = scene;
  const phone = '447700900124';
  const registering = scene.connect();
  await waitFor('a QR code', () => registering.updates.some((update) => update.qr));
  await registering.sock.requestPairingCode(phone);
  const failure = await waitFor('a failure', () =>
    sandbox.pairCode(phone, 'AAAAAAAA').then(
      () => undefined,
      (error: Error) => (error.message.includes('is wrong') ? error : undefined),
    ),
  );
  expect(failure.message).toBe('the pairing code is wrong');
});

test('pre-paired devices log in without a QR code and upload no keys', async () => {
  const { sandbox } = scene;
  await scene.device();
  expect(sandbox.counters()).toMatchObject({ preKeysUploaded: 0, logins: { accepted: 1 } });
});

test('the phone shares its history, so a client with default settings does not hold back its events', async () => {
  const { sandbox } = scene;
  const registering = scene.connect();
  const qr = await waitFor('a QR code', () => registering.updates.find((update) => update.qr)?.qr);
  await sandbox.pairQr(qr);
  await registering.waitForClose();
  const client = scene.connect(registering.auth, { shouldSyncHistoryMessage: () => true });
  await client.waitForOpen();
  await waitFor('the history', () => client.auth.creds.accountSyncCounter > 0);
  expect(sandbox.counters().unknownIqs).toBe(0);
});
