import { EventEmitter } from 'node:events';
import { Boom } from '@hapi/boom';
import { expect, test } from '@jest/globals';
import { classifyDisconnect, countFailure, type DisconnectKind, reconnectDelayMs } from '@pombo/whatsapp';
import type { BinaryNode } from '@whiskeysockets/baileys';
import { settleEndCodes } from '../src/connection/open-socket.js';

const closedWith = (statusCode: number): Boom => new Boom('closed', { statusCode });

test.each<[number, DisconnectKind]>([
  [515, 'restart'],
  [401, 'logged-out'],
  [411, 'logged-out'],
  [440, 'replaced'],
  [405, 'outdated'],
  [409, 'outdated'],
  [403, 'banned'],
  [402, 'banned'],
  [406, 'banned'],
  [408, 'lost'],
  [428, 'lost'],
  [500, 'lost'],
  [503, 'lost'],
  [599, 'lost'],
])('code %i means %s', (code, kind) => {
  expect(classifyDisconnect(closedWith(code), false)).toEqual({ kind, code });
});

test('an error of no known sort, or none, is a lost connection', () => {
  expect(classifyDisconnect(new TypeError('unheard of'), false)).toEqual({ kind: 'lost', code: 428 });
  expect(classifyDisconnect(undefined, false)).toEqual({ kind: 'lost', code: 428 });
});

test('408 ends the pairing only when codes were being shown', () => {
  expect(classifyDisconnect(closedWith(408), true).kind).toBe('pairing-ended');
  expect(classifyDisconnect(closedWith(408), false).kind).toBe('lost');
  expect(classifyDisconnect(closedWith(428), true).kind).toBe('lost');
});

const least = (): number => 0;
const most = (): number => 1;

test('lost connections are retried after 1, 2, 4 … 60 s, of which the upper half is random', () => {
  const failures = [1, 2, 3, 4, 5, 6, 7, 8, 100];
  expect(failures.map((count) => reconnectDelayMs('lost', count, most))).toEqual([
    1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000,
  ]);
  expect(failures.map((count) => reconnectDelayMs('lost', count, least))).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
  ]);
});

test('a session that was replaced, or is outdated, comes back far more slowly, and ever more so', () => {
  expect([1, 2, 6, 50].map((count) => reconnectDelayMs('replaced', count, least))).toEqual([
    15_000, 30_000, 90_000, 90_000,
  ]);
  expect([1, 2, 6, 50].map((count) => reconnectDelayMs('outdated', count, most))).toEqual([
    300_000, 600_000, 1_800_000, 1_800_000,
  ]);
});

test('only a connection that held for a while proves that earlier failures are over', () => {
  expect(countFailure('lost', 4, 9_999)).toBe(5);
  expect(countFailure('lost', 4, 10_000)).toBe(1);
  // Two owners that take turns every half minute are still fighting.
  expect(countFailure('replaced', 4, 60_000)).toBe(5);
  expect(countFailure('replaced', 4, 180_000)).toBe(1);
  // It was never open.
  expect(countFailure('lost', 4, -Infinity)).toBe(5);
  expect(countFailure('restart', 4, 0)).toBe(0);
});

test('a restart WhatsApp asked for happens at once', () => {
  expect(reconnectDelayMs('restart', 0)).toBe(0);
});

test.each<DisconnectKind>(['logged-out', 'banned', 'pairing-ended'])('nothing is tried after %s', (kind) => {
  expect(reconnectDelayMs(kind, 1)).toBeUndefined();
});

test.each<[string, BinaryNode['attrs'], string | undefined, BinaryNode['attrs']]>([
  ['stream:error', { code: '503' }, undefined, { code: '503' }],
  ['stream:error', { code: '7' }, undefined, {}],
  ['stream:error', { code: 'unheard of' }, undefined, {}],
  ['stream:error', {}, 'replaced', {}],
  ['stream:error', {}, 'device_removed', { code: '401' }],
  ['failure', { reason: '403', location: 'abc' }, undefined, { reason: '403', location: 'abc' }],
  ['failure', { reason: '0' }, undefined, {}],
])('of <%s> with %j and conflict %s, Baileys sees %j', (tag, attrs, conflict, seen) => {
  const ws = new EventEmitter();
  const told: Array<BinaryNode['attrs']> = [];
  ws.on(`CB:${tag}`, (node: BinaryNode) => told.push({ ...node.attrs }));
  settleEndCodes({ ws });
  const content = conflict === undefined ? [] : [{ tag: 'conflict', attrs: { type: conflict } }];
  ws.emit(`CB:${tag}`, { tag, attrs, content });
  expect(told).toEqual([seen]);
});
