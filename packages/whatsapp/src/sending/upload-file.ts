/** Media as it lies ready to be uploaded: encrypted, but for newsletters, which encrypt nothing. */
import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat, unlink } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { encryptedStream, getMediaKeys, type MediaType } from '@whiskeysockets/baileys';

/** Media as the recipient is to see it: in memory, or as a file where it is too large for that. */
export type UploadSource = Buffer | { readonly path: string };

/** What a message says about its media besides where it is. */
export interface FileFacts {
  /** Absent, with the two others, for what is not encrypted. */
  readonly mediaKey?: Buffer;
  /** Unix seconds. */
  readonly mediaKeyTimestamp?: number;
  readonly fileEncSha256?: Buffer;
  readonly fileSha256: Buffer;
  /** Bytes before encryption. */
  readonly fileLength: number;
}

export interface UploadFile {
  /** SHA-256 of what is uploaded, as WhatsApp's paths spell it. */
  readonly token: string;
  readonly sizeBytes: number;
  readonly facts: FileFacts;
  /** The bytes, once more for every attempt. */
  open(): Buffer | Readable;
  remove(): Promise<void>;
}

const base64Url = (hash: Buffer): string =>
  hash.toString('base64').replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

/** What is in memory and no larger is encrypted there; a file beside it would cost more than the encryption. */
const IN_MEMORY_BYTES = 1024 * 1024;
/** Of the HMAC-SHA-256, as much as WhatsApp puts behind an encrypted file. */
const MAC_BYTES = 10;

export async function encryptFile(media: UploadSource, type: MediaType): Promise<UploadFile> {
  if (!('path' in media) && media.length <= IN_MEMORY_BYTES) return encryptBytes(media, type);
  const encrypted = await encryptedStream('path' in media ? { url: media.path } : media, type);
  const { encFilePath: path, fileEncSha256, fileSha256, fileLength } = encrypted;
  const { size: sizeBytes } = await stat(path);
  const mediaKey = Buffer.from(encrypted.mediaKey);
  const mediaKeyTimestamp = Math.floor(Date.now() / 1000);
  return {
    token: base64Url(fileEncSha256),
    sizeBytes,
    facts: { mediaKey, mediaKeyTimestamp, fileSha256, fileEncSha256, fileLength },
    open: () => createReadStream(path),
    remove: () => unlink(path),
  };
}

/** As Baileys' `encryptedStream` does it. */
async function encryptBytes(bytes: Buffer, type: MediaType): Promise<UploadFile> {
  const mediaKey = randomBytes(32);
  const { cipherKey, iv, macKey } = await getMediaKeys(mediaKey, type);
  if (!macKey) throw new Error('Baileys derived no MAC key');
  const cipher = createCipheriv('aes-256-cbc', cipherKey, iv);
  const encrypted = Buffer.concat([cipher.update(bytes), cipher.final()]);
  const mac = createHmac('sha256', macKey).update(iv).update(encrypted).digest().subarray(0, MAC_BYTES);
  const whole = Buffer.concat([encrypted, mac]);
  const fileEncSha256 = sha256Of(whole);
  return {
    token: base64Url(fileEncSha256),
    sizeBytes: whole.length,
    facts: {
      mediaKey,
      mediaKeyTimestamp: Math.floor(Date.now() / 1000),
      fileSha256: sha256Of(bytes),
      fileEncSha256,
      fileLength: bytes.length,
    },
    open: () => whole,
    remove: () => Promise.resolve(),
  };
}

const sha256Of = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

export async function plainFile(media: UploadSource): Promise<UploadFile> {
  const open = (): Buffer | Readable => ('path' in media ? createReadStream(media.path) : media);
  const sizeBytes = 'path' in media ? (await stat(media.path)).size : media.length;
  const hash = createHash('sha256');
  const bytes = open();
  if (Buffer.isBuffer(bytes)) hash.update(bytes);
  else for await (const chunk of bytes) hash.update(chunk as Buffer);
  const fileSha256 = hash.digest();
  return {
    token: base64Url(fileSha256),
    sizeBytes,
    facts: { fileSha256, fileLength: sizeBytes },
    open,
    // The caller's own.
    remove: () => Promise.resolve(),
  };
}
