import { expect, test } from '@jest/globals';
import { createScene, freshNumber } from './harness/scene.js';
import { sendText, waitForAck, waitForMessage, waitForReceipt } from './harness/messages.js';
import { sampleImage } from './harness/sample-image.js';
import { waitFor } from './harness/wait-for.js';

const scene = createScene();
const jidOf = (number: string) => `${number}@s.whatsapp.net`;

test('a nack carries its code and the message does not arrive', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const number = freshNumber();
  sandbox.setFaults({ nack: { number, code: '463', first: 1 } });
  const refused = await sendText(client, jidOf(number), 'one');
  expect((await waitForAck(client, refused)).attrs.error).toBe('463');
  const accepted = await sendText(client, jidOf(number), 'two');
  expect((await waitForAck(client, accepted)).attrs.error).toBeUndefined();
  await waitForMessage(sandbox, number, accepted);
  const { messages } = await sandbox.recipient(number);
  expect(messages.map(({ id }) => id)).toEqual([accepted]);
  expect(sandbox.counters().messages).toMatchObject({ received: 2, nacked: 1, acked: 1 });
});

test('a dropped ack leaves the message delivered', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const number = freshNumber();
  sandbox.setFaults({ dropAcks: { first: 1 } });
  const silent = await sendText(client, jidOf(number), 'one');
  await waitForReceipt(client, silent);
  const acked = await sendText(client, jidOf(number), 'two');
  await waitForAck(client, acked);
  expect(client.received.some(({ tag, attrs }) => tag === 'ack' && attrs.id === silent)).toBe(false);
  expect(sandbox.counters().messages).toMatchObject({ acksDropped: 1, acked: 1 });
  const journal = sandbox.journal().filter(({ to }) => to === jidOf(number));
  expect(journal.map(({ id, answer }) => ({ id, answer }))).toEqual([
    { id: silent, answer: 'ack-dropped' },
    { id: acked, answer: 'acked' },
  ]);
  expect(new Set(journal.map(({ login }) => login)).size).toBe(1);
});

test('acks and uploads can be slow', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const number = freshNumber();
  sandbox.setFaults({ delayAcksMs: 150, slowUploadsMs: 150 });
  const startedAt = performance.now();
  const sent = await client.sock.sendMessage(jidOf(number), { image: await sampleImage(9) });
  const uploadedAt = performance.now();
  expect(uploadedAt - startedAt).toBeGreaterThan(140);
  await waitForAck(client, sent?.key.id ?? '');
  expect(performance.now() - uploadedAt).toBeGreaterThan(100);
});

test('a swallowed message neither arrives nor is acknowledged', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const number = freshNumber();
  sandbox.setFaults({ swallow: { number, first: 1 } });
  const swallowed = await sendText(client, jidOf(number), 'one');
  const delivered = await sendText(client, jidOf(number), 'two');
  await waitForMessage(sandbox, number, delivered);
  expect((await sandbox.recipient(number, { messageId: swallowed })).messages).toEqual([]);
  expect(sandbox.counters().messages.swallowed).toBe(1);
});

test('a connection cut before the ack leaves the message delivered, its receipts wait for the next login', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const number = freshNumber();
  sandbox.setFaults({ dropConnectionAfterMessage: 1 });
  const id = await sendText(client, jidOf(number), 'one');
  await client.waitForClose();
  await waitForMessage(sandbox, number, id);
  const own = client.auth.creds.me?.id;
  const unconfirmed = () => sandbox.devices().find(({ jid }) => jid === own)?.unconfirmed;
  await waitFor('receipts', () => unconfirmed() === 2);

  const again = scene.connect(client.auth);
  const receipt = await waitForReceipt(again, id, jidOf(number));
  expect(receipt.attrs.offline).toBe('0');
  const { content } = await again.waitForStanza('the offline count', ({ tag, content }) => {
    return tag === 'ib' && Array.isArray(content) && content[0]?.tag === 'offline';
  });
  expect(Array.isArray(content) && content[0]?.attrs.count).toBe('2');
  await waitFor('confirmation', () => unconfirmed() === 0);
});

test('refused uploads fail, later ones succeed', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const number = freshNumber();
  sandbox.setFaults({ refuseUploads: { status: 507, first: 1 } });
  const image = await sampleImage(7);
  await expect(client.sock.sendMessage(jidOf(number), { image })).rejects.toThrow('upload failed');
  const sent = await client.sock.sendMessage(jidOf(number), { image });
  await waitForMessage(sandbox, number, sent?.key.id ?? '');
  expect(sandbox.counters().uploads).toMatchObject({ accepted: 1, refused: 1 });
});

test('media behind an expired link cannot be read', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const number = freshNumber();
  sandbox.setFaults({ mediaValidityMs: -1000 });
  const sent = await client.sock.sendMessage(jidOf(number), { image: await sampleImage(8) });
  const { media } = await waitForMessage(sandbox, number, sent?.key.id ?? '');
  expect(media).toMatchObject({ ok: false, error: 'Error: media host answered 403' });
});

test('an absent recipient gets everything in order when back', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const number = freshNumber();
  sandbox.setFaults({ absent: [number] });
  const ids = [await sendText(client, jidOf(number), 'one'), await sendText(client, jidOf(number), 'two')];
  for (const id of ids) await waitForAck(client, id);
  expect((await sandbox.recipient(number)).messages).toEqual([]);
  sandbox.clearFaults();
  for (const id of ids) await waitForReceipt(client, id);
  expect((await sandbox.recipient(number)).messages.map(({ id }) => id)).toEqual(ids);
});

test('an ack names the hash of the devices when the sender missed one', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const number = freshNumber();
  const first = await sendText(client, jidOf(number), 'one');
  expect((await waitForAck(client, first)).attrs.phash).toBeUndefined();
  sandbox.changeDevices(number, { add: 1, announce: false });
  const second = await sendText(client, jidOf(number), 'two');
  expect((await waitForAck(client, second)).attrs.phash).toMatch(/^2:/);
});

test('a restricted account is told so when it asks', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  sandbox.setFaults({ reachoutTimelock: { active: true, endsAtSeconds: 2_000_000_000 } });
  await expect(client.sock.fetchAccountReachoutTimelock()).resolves.toMatchObject({ isActive: true });
  sandbox.setFaults({ reachoutTimelock: null });
  await expect(client.sock.fetchAccountReachoutTimelock()).resolves.toMatchObject({ isActive: false });
});
