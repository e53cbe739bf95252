import { expect, test } from '@jest/globals';
import { silentLogger } from '@pombo/runtime';
import { eventually } from '@pombo/testing';
import type { ConnectionState, WAMessage } from '@whiskeysockets/baileys';
import { loadCredentials } from '../src/auth/credentials.js';
import { createSignalStore } from '../src/auth/signal-store.js';
import { openSocket } from '../src/connection/open-socket.js';
import { createDeviceListCache } from '../src/contacts/device-list-cache.js';
import { createMemoryContactBook } from './memory-contact-book.js';
import { createScene, freshNumber } from './scene.js';

const scene = createScene();

test('a socket never says that somebody is there, and holds nothing back for a history', async () => {
  const auth = await scene.pairedStore();
  const { creds } = await loadCredentials(auth);
  // As after pairing: Baileys would wait 20 s for a history if it wanted one.
  creds.accountSyncCounter = 0;
  const socket = openSocket({
    endpoint: scene.endpoint,
    version: undefined,
    creds,
    signalStore: createSignalStore(auth),
    contacts: {
      deviceLists: createDeviceListCache(createMemoryContactBook(), () => false),
      readGroup: () => Promise.resolve(undefined),
    },
    readSent: () => Promise.resolve(undefined),
    onDecrypted: () => Promise.resolve(),
    durableRatchet: true,
    mayWrite: () => true,
    times: { keepAliveMs: 25_000, probeTimeoutMs: 5_000, connectTimeoutMs: 20_000 },
    logger: silentLogger,
  });
  scene.onEnd(() => socket.end(undefined));
  const updates: Array<Partial<ConnectionState>> = [];
  const messages: WAMessage[] = [];
  socket.ev.on('connection.update', (update) => void updates.push(update));
  socket.ev.on('messages.upsert', (upsert) => void messages.push(...upsert.messages));

  await eventually('the socket is open', () => updates.some(({ connection }) => connection === 'open'));
  await scene.sandbox.reply(freshNumber(), creds.me?.id ?? '', 'hello?');
  await eventually('the message', () => messages.some(({ message }) => message?.conversation === 'hello?'));
  expect(creds.accountSyncCounter).toBe(0);
  const presences = updates.flatMap(({ isOnline }) => isOnline ?? []);
  expect(presences).toEqual([false]);
});
