import { expect, test } from '@jest/globals';
import { createScene, freshNumber } from './harness/scene.js';
import { sendText, waitForMessage } from './harness/messages.js';
import { waitFor } from './harness/wait-for.js';

const scene = createScene();
const jidOf = (number: string) => `${number}@s.whatsapp.net`;

test('an id that arrives twice is shown once and counted twice', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const number = freshNumber();
  const id = await sendText(client, jidOf(number), 'one');
  await sendText(client, jidOf(number), 'one', id);
  const message = await waitForMessage(sandbox, number, id, ({ arrivals }) => arrivals[0] === 2);
  expect(message).toMatchObject({ displayedCount: 1, arrivals: { 0: 2, 1: 2 }, failures: [] });
  await waitFor('the duplicate', () => sandbox.counters().duplicates > 0);
});

test('a counter used twice cannot be read, and asking again ends in a readable message', async () => {
  const { sandbox } = scene;
  const client = await scene.device({ getMessage: () => Promise.resolve({ conversation: 'second' }) });
  const number = freshNumber();
  await sendText(client, jidOf(number), 'zero');
  const before = new Map(client.auth.store);
  await sendText(client, jidOf(number), 'first');
  // What a crash between writing to the socket and writing to the store does.
  for (const [name, value] of before) client.auth.store.set(name, value);
  const id = await sendText(client, jidOf(number), 'second');

  const message = await waitForMessage(
    sandbox,
    number,
    id,
    ({ decrypted }) => (decrypted[0] ?? 0) > 0 && (decrypted[1] ?? 0) > 0,
  );
  expect(message.failures[0]?.reason).toContain('Key used already or never filled');
  expect(message).toMatchObject({ displayedCount: 1, message: { extendedTextMessage: { text: 'second' } } });
  expect(sandbox.counters().decryptFailures).toBeGreaterThanOrEqual(2);
  expect(sandbox.counters().retryReceiptsSent).toBeGreaterThanOrEqual(2);
});

test('a recipient who installed again unannounced asks for the message again and then reads it', async () => {
  const { sandbox } = scene;
  const client = await scene.device({ getMessage: () => Promise.resolve({ conversation: 'two' }) });
  const number = freshNumber();
  await waitForMessage(sandbox, number, await sendText(client, jidOf(number), 'one'));
  sandbox.changeIdentity(number, { announce: false });
  const id = await sendText(client, jidOf(number), 'two');
  const message = await waitForMessage(sandbox, number, id, ({ displayedCount }) => displayedCount === 1);
  expect(message.failures).toHaveLength(1);
  expect(message.attrs.id).toBe(id);
});

test('a change of identity that is announced gives the sender a new session', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const number = freshNumber();
  const first = await sendText(client, jidOf(number), 'one');
  await waitForMessage(sandbox, number, first);
  const own = client.auth.creds.me?.id;
  const unconfirmed = () => sandbox.devices().find(({ jid }) => jid === own)?.unconfirmed;
  await waitFor('the receipts', () => unconfirmed() === 0);
  sandbox.changeIdentity(number);
  // Baileys confirms the notification when the new session is made.
  await waitFor('the client to know', () => unconfirmed() === 0);
  const id = await sendText(client, jidOf(number), 'two');
  expect((await waitForMessage(sandbox, number, id)).failures).toEqual([]);
});

test('a new companion that is announced gets the next message', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const number = freshNumber();
  await waitForMessage(sandbox, number, await sendText(client, jidOf(number), 'one'));
  expect(sandbox.changeDevices(number, { add: 1, remove: [1] })).toEqual([0, 2]);
  await waitFor('the device list', async () => {
    const devices = await client.sock.getUSyncDevices([jidOf(number)], true, false);
    return (
      devices
        .map(({ device }) => device ?? 0)
        .sort()
        .join() === '0,2'
    );
  });
  const id = await sendText(client, jidOf(number), 'two');
  await waitForMessage(sandbox, number, id, ({ decrypted }) => decrypted[0] === 1 && decrypted[2] === 1);
});

test('a reply turns the next message from pkmsg into msg', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const number = freshNumber();
  const received: string[] = [];
  client.sock.ev.on('messages.upsert', ({ messages }) => {
    for (const { message } of messages) received.push(message?.conversation ?? '');
  });
  const first = await sendText(client, jidOf(number), 'one');
  expect((await waitForMessage(sandbox, number, first)).encTypes[0]).toBe('pkmsg');
  await sandbox.reply(number, client.auth.creds.me?.id ?? '', 'Olá');
  await waitFor('the reply', () => received.includes('Olá'));
  const second = await sendText(client, jidOf(number), 'two');
  const message = await waitForMessage(
    sandbox,
    number,
    second,
    ({ decrypted }) => decrypted[0] === 1 && decrypted[1] === 1,
  );
  expect(message.encTypes).toEqual({ 0: 'msg', 1: 'pkmsg' });
});

test('somebody the device never wrote to can begin the chat', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const number = freshNumber();
  await sandbox.reply(number, client.auth.creds.me?.lid ?? '', 'Hello?');
  const id = await sendText(client, jidOf(number), 'Yes');
  expect((await waitForMessage(sandbox, number, id)).failures).toEqual([]);
});
