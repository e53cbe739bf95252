import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { generateMessageIDV2 } from '@whiskeysockets/baileys';
import { captureConsole, createSandbox } from '@pombo/sandbox';
import { connectClient, createAuth } from './harness/client.js';
import { freshNumber } from './harness/scene.js';
import { sendText, waitForMessage } from './harness/messages.js';
import { sampleImage } from './harness/sample-image.js';
import { waitFor } from './harness/wait-for.js';

test('with a state file, a device logs in again and its messages are still readable', async () => {
  const restoreConsole = captureConsole();
  const directory = await mkdtemp(join(tmpdir(), 'pombo-sandbox-'));
  const stateFile = join(directory, 'state.json');
  const number = freshNumber();
  const jid = `${number}@s.whatsapp.net`;

  const first = createSandbox({ stateFile, receiptDelayMs: 1 });
  await first.start();
  const registering = connectClient(first);
  const qr = await waitFor('a QR code', () => registering.updates.find((update) => update.qr)?.qr);
  await first.pairQr(qr);
  await registering.waitForClose();
  const { auth } = registering;
  const before = connectClient(first, auth);
  await before.waitForOpen();
  await waitForMessage(first, number, await sendText(before, jid, 'one'));
  await first.reply(number, auth.creds.me?.id ?? '', 'answer');
  await waitForMessage(first, number, await sendText(before, jid, 'two'));
  const picture = await before.sock.sendMessage(jid, { image: await sampleImage() });
  await before.close();
  const { rootKeyHex, tlsCaPem } = first;
  await first.stop();

  const second = createSandbox({ stateFile, receiptDelayMs: 1 });
  await second.start();
  expect(second).toMatchObject({ rootKeyHex, tlsCaPem });
  const after = connectClient(second, createAuth(auth.creds));
  for (const [name, value] of auth.store) after.auth.store.set(name, value);
  await after.waitForOpen();
  const message = await waitForMessage(second, number, await sendText(after, jid, 'three'));
  expect(message).toMatchObject({ failures: [], decrypted: { 0: 1 } });
  expect(second.counters().retryReceiptsSent).toBe(0);
  // An upload kept by the client is still there: its link is sent again.
  const again = generateMessageIDV2();
  await after.sock.relayMessage(jid, picture?.message ?? {}, { messageId: again });
  expect((await waitForMessage(second, number, again)).media).toMatchObject({ ok: true });
  await after.close();
  await second.stop();
  await rm(directory, { recursive: true });
  restoreConsole();
});
