import { expect, test } from '@jest/globals';
import {
  createDeviceId,
  createMessageId,
  isDeviceId,
  isMessageId,
  parseShard,
  randomShard,
  shardOfDevice,
  shardOfMessage,
} from '@pombo/contracts';

test('a message id looks like WhatsApp’s own and carries the shard', () => {
  const shard = parseShard('A1F');
  const id = createMessageId(shard);
  expect(id).toMatch(/^3EB0A1F[0-9A-F]{15}$/);
  expect(shardOfMessage(id)).toBe(shard);
  expect(isMessageId(id)).toBe(true);
});

test('a device id carries the shard too', () => {
  const shard = randomShard();
  const id = createDeviceId(shard);
  expect(isDeviceId(id)).toBe(true);
  expect(shardOfDevice(id)).toBe(shard);
});

test('ids do not repeat', () => {
  const shard = randomShard();
  expect(new Set(Array.from({ length: 10_000 }, () => createMessageId(shard))).size).toBe(10_000);
});

test.each([
  '',
  '3EB0',
  '3eb0a1f000000000000000',
  '3EB0A1F00000000000000',
  '4EB0A1F000000000000000',
  '../../etc/passwd',
])('“%s” is not a message id', (text) => {
  expect(isMessageId(text)).toBe(false);
  expect(() => shardOfMessage(text)).toThrow(RangeError);
});
