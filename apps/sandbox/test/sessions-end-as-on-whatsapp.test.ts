import { expect, test } from '@jest/globals';
import type { WebSocket } from 'ws';
import { createAuth } from './harness/client.js';
import { createScene, freshNumber } from './harness/scene.js';
import { sendText, waitForMessage } from './harness/messages.js';
import { waitFor } from './harness/wait-for.js';

const scene = createScene();

test('what a replaced session had still to say is refused and counted', async () => {
  const { sandbox } = scene;
  const number = freshNumber();
  const first = await scene.device();
  // A worker that hangs: it doesn't read that it was replaced, and goes on writing.
  const socket = Reflect.get(first.sock.ws, 'socket') as WebSocket;
  socket.pause();
  const second = scene.connect(createAuth(first.auth.creds));
  await second.waitForOpen();
  const id = first.sock.generateMessageTag();
  await first.sock.sendNode({ tag: 'message', attrs: { to: `${number}@s.whatsapp.net`, id, type: 'text' } });
  await waitFor('the refusal', () => sandbox.counters().refusedAfterSuccessor === 1);
  expect(sandbox.counters()).toMatchObject({ replacedSessions: 1, messages: { received: 0 } });
  socket.resume();
  expect(await first.waitForClose()).toBe(440);
});

test('a plain second login ends the first with 440', async () => {
  const first = await scene.device();
  const second = scene.connect(createAuth(first.auth.creds));
  expect(await first.waitForClose()).toBe(440);
  await second.waitForOpen();
});

test('an unlinked device gets 401, and again when it comes back', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  sandbox.logOut(client.auth.creds.me?.id ?? '');
  expect(await client.waitForClose()).toBe(401);
  expect(await scene.connect(client.auth).waitForClose()).toBe(401);
  expect(sandbox.counters().logins.refused).toBe(1);
});

test('a login can be refused for a reason', async () => {
  const { sandbox } = scene;
  const [paired] = await sandbox.createPairedDevices(1);
  const auth = createAuth(paired?.creds);
  sandbox.setFaults({ refuseLogins: { reason: '405', first: 1 } });
  expect(await scene.connect(auth).waitForClose()).toBe(405);
  await scene.connect(auth).waitForOpen();
});

test('a cut connection and a closed stream can be told apart', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const jid = client.auth.creds.me?.id ?? '';
  expect(sandbox.cutConnections(jid)).toBe(1);
  expect(await client.waitForClose()).toBe(428);
  const again = scene.connect(client.auth);
  await again.waitForOpen();
  expect(sandbox.closeStream(jid, 503)).toBe(true);
  expect(await again.waitForClose()).toBe(503);
});

test('a client that logs out is unlinked', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const jid = client.auth.creds.me?.id ?? '';
  await client.sock.logout();
  await waitFor('the device to go', () => sandbox.devices().every((device) => device.jid !== jid));
});

test('a message to a device that is away waits for its next login', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const number = freshNumber();
  await sendText(client, `${number}@s.whatsapp.net`, 'one');
  await client.close();
  await waitFor('the device to be away', () => sandbox.devices().every(({ connected }) => !connected));
  const reply = sandbox.reply(number, client.auth.creds.me?.id ?? '', 'later');
  const again = scene.connect(client.auth);
  const message = await again.waitForStanza('the message', ({ tag }) => tag === 'message');
  expect(message.attrs.offline).toBeDefined();
  await reply;
});

test('a second device of the same phone hears what the first one sends', async () => {
  const { sandbox } = scene;
  const [one] = await sandbox.createPairedDevices(1);
  const [two] = await sandbox.createPairedDevices({ phones: [one?.phone ?? ''] });
  expect(two?.jid).toBe(`${one?.phone}:2@s.whatsapp.net`);
  const sender = scene.connect(createAuth(one?.creds));
  const listener = scene.connect(createAuth(two?.creds));
  await Promise.all([sender.waitForOpen(), listener.waitForOpen()]);
  const heard: unknown[] = [];
  listener.sock.ev.on('messages.upsert', ({ messages }) => heard.push(...messages));
  const number = freshNumber();
  const id = await sendText(sender, `${number}@s.whatsapp.net`, 'for both');
  await waitForMessage(sandbox, number, id);
  await waitFor('the copy', () => heard.length > 0);
  expect(heard[0]).toMatchObject({
    key: { id, fromMe: true, remoteJid: `${number}@s.whatsapp.net` },
    message: { extendedTextMessage: { text: 'for both' } },
  });
});
