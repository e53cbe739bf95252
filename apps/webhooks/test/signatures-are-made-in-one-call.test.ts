import { createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { BLOCK_BYTES, createHmacKey, signHmacSha256 } from '../src/delivery/hmac-sha256.js';

const room = Buffer.alloc(BLOCK_BYTES);

test.each([1, 24, 63, 64, 65, 256])('a key of %i bytes signs as Node does', (length) => {
  const secret = Buffer.alloc(length, 0xa7);
  const key = createHmacKey(secret);
  for (const text of ['', 'evt_1.1772366400.{"text":"Olá 🕊"}', 'x'.repeat(5000)]) {
    const expected = createHmac('sha256', secret).update(text).digest('base64');
    expect(signHmacSha256(key, Buffer.concat([room, Buffer.from(text)]))).toBe(expected);
  }
});

test('the key is not left beside what was signed', () => {
  const signed = Buffer.concat([room, Buffer.from('text')]);
  signHmacSha256(createHmacKey(Buffer.alloc(32, 0xa7)), signed);
  expect(signed).toEqual(Buffer.concat([room, Buffer.from('text')]));
});
