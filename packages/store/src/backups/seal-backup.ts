/**
 * A backup leaves Pombo, so it is encrypted with what its owner knows and not with Pombo's own key: scrypt makes a key
 * of the passphrase, AES-256-GCM seals with it. As text: `pombo-device-1.<salt>.<iv, sealed and tag>`, in base64url.
 */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';

/** Also authenticated, so that no later format can be passed off as this one. */
const FORMAT = 'pombo-device-1';
const SALT_BYTES = 16;
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** What RFC 7914 suggests for files, and 64 MB of memory for whoever guesses; some 150 ms outside the event loop. */
const SCRYPT = { N: 2 ** 16, r: 8, p: 1, maxmem: 2 ** 27 };
/** Of a device with 100,000 contacts; more is a bomb. */
const MAX_OPENED_BYTES = 512 * 1024 * 1024;

const compress = promisify(gzip);
const decompress = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);

function keyOf(passphrase: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Spelled in one way, since keyboards spell the same letter differently.
    scrypt(passphrase.normalize('NFKC'), salt, KEY_BYTES, SCRYPT, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

export async function sealBackup(plain: string, passphrase: string): Promise<string> {
  const [salt, iv] = [randomBytes(SALT_BYTES), randomBytes(IV_BYTES)];
  const key = await keyOf(passphrase, salt);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(FORMAT));
  const packed = await compress(Buffer.from(plain));
  const sealed = Buffer.concat([iv, cipher.update(packed), cipher.final(), cipher.getAuthTag()]);
  return [FORMAT, salt.toString('base64url'), sealed.toString('base64url')].join('.');
}

/** @throws Error when it is no backup, was changed, or the passphrase is another. */
export async function openBackup(backup: string, passphrase: string): Promise<string> {
  const [format, salt = '', text = '', ...rest] = backup.trim().split('.');
  const sealed = Buffer.from(text, 'base64url');
  if (format !== FORMAT || rest.length > 0 || sealed.length < IV_BYTES + TAG_BYTES) throw new Error('not a backup');
  const key = await keyOf(passphrase, Buffer.from(salt, 'base64url'));
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(FORMAT)).setAuthTag(sealed.subarray(-TAG_BYTES));
  const packed = Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
  return (await decompress(packed, { maxOutputLength: MAX_OPENED_BYTES })).toString();
}
