import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { WASocket } from '@whiskeysockets/baileys';
import { afterEach, expect, test } from '@jest/globals';
import { guardFrames } from '../src/connection/guard-frames.js';

const undos: Array<() => unknown> = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

/** A connection whose writes are guarded, and what arrives at its other end until it closes. */
async function openGuarded(mayWrite: () => boolean) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  undos.push(() => new Promise((resolve) => server.close(resolve)));
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const stream = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[other]] = await Promise.all([accepted, once(stream, 'connect')]);
  undos.push(() => stream.destroy());
  stream.on('error', () => undefined);
  const ws = Object.assign(new EventEmitter(), { socket: { _socket: stream } });
  guardFrames({ ws } as unknown as WASocket, mayWrite);
  ws.emit('open');
  let arrived = '';
  other.on('data', (bytes: Buffer) => (arrived += bytes.toString()));
  return { stream, other, arrived: () => arrived };
}

test('frames of one turn leave while they may', async () => {
  const { stream, other, arrived } = await openGuarded(() => true);
  stream.write('one ');
  stream.write('two');
  stream.end();
  await once(other, 'close');
  expect(arrived()).toBe('one two');
});

test('frames that were gathered when the process stood still do not leave when it goes on', async () => {
  let isOurs = true;
  const { stream, other, arrived } = await openGuarded(() => isOurs);
  stream.write('one ');
  stream.write('two');
  // As if it had been suspended here, for longer than its leases live.
  isOurs = false;
  await once(other, 'close');
  expect(arrived()).toBe('');
  expect(stream.destroyed).toBe(true);
});
