import { describe, expect, test } from '@jest/globals';
import { createCipher } from '@pombo/store';

const oldKey = Buffer.alloc(32, 1);
const newKey = Buffer.alloc(32, 2);
const plain = Buffer.from('what only we may read');

describe('encryption at rest', () => {
  test('gives back what went in, and never the same bytes twice', () => {
    const cipher = createCipher([oldKey]);
    const sealed = cipher.encrypt(plain, 'here');
    expect(cipher.decrypt(sealed, 'here')).toEqual(plain);
    expect(cipher.encrypt(plain, 'here').equals(sealed)).toBe(false);
  });

  test('a rotated key still opens what the old one sealed', () => {
    const sealed = createCipher([oldKey]).encrypt(plain, 'here');
    expect(createCipher([newKey, oldKey]).decrypt(sealed, 'here')).toEqual(plain);
    expect(() => createCipher([newKey]).decrypt(sealed, 'here')).toThrow('SESSION_ENCRYPTION_KEY');
  });

  test('refuses bytes that were changed, cut or moved', () => {
    const cipher = createCipher([oldKey]);
    const sealed = cipher.encrypt(plain, 'here');
    const changed = Buffer.from(sealed);
    changed[20] = (changed[20] ?? 0) ^ 1;
    for (const [bytes, place] of [
      [changed, 'here'],
      [sealed, 'there'],
      [sealed.subarray(0, 30), 'here'],
    ] as const) {
      expect(() => cipher.decrypt(bytes, place)).toThrow('cannot be decrypted');
    }
  });
});
