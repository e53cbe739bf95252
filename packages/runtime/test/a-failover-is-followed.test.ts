import { createServer, type Socket } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { createPatientRedis, type Redis, silentLogger } from '@pombo/runtime';
import { eventually } from '@pombo/testing';

interface RedisScript {
  readonly startRedis: (options: { dir: string }) => Promise<{ port: number; stop(): Promise<void> }>;
}

/** In a variable, since plain JavaScript has no types to look up. */
const SCRIPT: string = '../../../scripts/redis.mjs';
const { startRedis } = (await import(SCRIPT)) as RedisScript;

const undos: Array<() => unknown> = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

async function startMaster(): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), 'pombo-followed-'));
  undos.push(() => rm(dir, { recursive: true, force: true }));
  const server = await startRedis({ dir });
  undos.push(() => server.stop());
  return server.port;
}

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const list = (...texts: string[]): string => `*${texts.length}\r\n${texts.map(bulk).join('')}`;

/** A Sentinel whose answers wait for a word, so that a failover can be told at any moment of a connection's life. */
async function playSentinel(masterPort: () => number) {
  const subscribed = new Set<Socket>();
  let asked = 0;
  let held: Array<() => void> | undefined;
  const answer = (socket: Socket, command: string): void => {
    const say = (reply: string): void => void socket.write(reply);
    if (/get-master-addr-by-name/i.test(command)) {
      asked += 1;
      const reply = (): void => say(list('127.0.0.1', String(masterPort())));
      if (held) held.push(reply);
      else reply();
    } else if (/subscribe/i.test(command)) {
      subscribed.add(socket);
      say(`*3\r\n${bulk('subscribe')}${bulk('+switch-master')}:1\r\n`);
    } else if (/sentinels/i.test(command)) say('*0\r\n');
    else say('+OK\r\n');
  };
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('close', () => subscribed.delete(socket));
    socket.on('data', (data) => {
      for (const command of data.toString().split(/(?=\*\d+\r\n)/)) answer(socket, command);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undos.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    asked: () => asked,
    subscribers: () => subscribed.size,
    hold: () => void (held = []),
    letGo: () => {
      const replies = held ?? [];
      held = undefined;
      for (const reply of replies) reply();
    },
    held: () => held?.length ?? 0,
    tellFailover: () => {
      for (const socket of subscribed) socket.write(list('message', '+switch-master', 'pombo'));
    },
  };
}

function connectionBy(sentinelPort: number): Redis {
  const redis = createPatientRedis({
    target: {
      kind: 'sentinel',
      sentinels: [{ host: '127.0.0.1', port: sentinelPort }],
      master: 'pombo',
      access: {},
      sentinelAccess: {},
      tls: false,
    },
    name: 'test',
    logger: silentLogger,
  });
  undos.push(() => redis.disconnect());
  return redis;
}

test('a failover that is told while a connection is being made anew does not end it', async () => {
  const master = await startMaster();
  const sentinel = await playSentinel(() => master);
  const redis = connectionBy(sentinel.port);
  await redis.connect();
  await eventually('the failovers are listened for', () => sentinel.subscribers() === 1);

  sentinel.hold();
  const other = createPatientRedis({
    target: { kind: 'single', url: `redis://127.0.0.1:${master}` },
    name: 'other',
    logger: silentLogger,
  });
  undos.push(() => other.disconnect());
  await other.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await eventually('the Sentinel is asked again', () => sentinel.held() === 1);
  sentinel.tellFailover();
  // What was told is read before what is answered on another connection after it.
  await other.ping();
  sentinel.letGo();
  expect(await redis.ping()).toBe('PONG');
});

test('a master that takes connections and says nothing is left for the one that is named next', async () => {
  const master = await startMaster();
  const frozen = createServer((socket) => {
    socket.on('error', () => undefined);
    undos.push(() => socket.destroy());
  });
  await new Promise<void>((resolve) => frozen.listen(0, '127.0.0.1', resolve));
  undos.push(() => new Promise((resolve) => frozen.close(resolve)));
  const { port } = frozen.address() as { port: number };
  const sentinel = await playSentinel(() => (sentinel.asked() > 1 ? master : port));
  const redis = connectionBy(sentinel.port);
  expect(await redis.ping()).toBe('PONG');
  expect(sentinel.asked()).toBe(2);
});
