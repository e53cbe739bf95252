/**
 * Encrypts media and puts it on WhatsApp's media host. What comes back says all a message needs to refer to it, so one
 * upload can serve many messages.
 */
import { createReadStream } from 'node:fs';
import { stat, unlink } from 'node:fs/promises';
import { PomboError } from '@pombo/contracts';
import { encryptedStream, MEDIA_PATH_MAP, type MediaType } from '@whiskeysockets/baileys';
import { type Dispatcher, request } from 'undici';
import type { NameMediaHosts } from './media-hosts.js';

/** What a message needs to refer to uploaded media. */
export interface UploadedMedia {
  readonly url: string;
  readonly directPath: string;
  readonly mediaKey: Buffer;
  /** Unix seconds. */
  readonly mediaKeyTimestamp: number;
  readonly fileSha256: Buffer;
  readonly fileEncSha256: Buffer;
  /** Bytes before encryption. */
  readonly fileLength: number;
}

export interface UploadOptions {
  readonly dispatcher: Dispatcher;
  /** For a small file; a large one has more. */
  readonly timeoutMs: number;
}

interface EncryptedFile {
  readonly path: string;
  /** SHA-256 of the encrypted file, as WhatsApp's paths spell it. */
  readonly token: string;
}

/** Half a megabyte a second: what is given beyond the time limit to a large file. */
const SLOWEST_BYTES_PER_MS = 512;

/** Statuses after which the same upload may succeed. */
const mayPass = (status: number): boolean => status === 408 || status === 429 || status >= 500;
/** The media host no longer accepts the authorisation it was shown. */
const isUnauthorised = (status: number): boolean => status === 401 || status === 403;

const base64Url = (hash: Buffer): string =>
  hash.toString('base64').replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

/** Media as the recipient is to see it: in memory, or as a file where it is too large for that. */
export type UploadSource = Buffer | { readonly path: string };

/**
 * @throws PomboError UPLOAD_FAILED; `retryable` when another try may succeed.
 */
export async function uploadMedia(
  nameHosts: NameMediaHosts,
  media: UploadSource,
  type: MediaType,
  options: UploadOptions,
): Promise<UploadedMedia> {
  const encrypted = await encryptedStream('path' in media ? { url: media.path } : media, type);
  const file = { path: encrypted.encFilePath, token: base64Url(encrypted.fileEncSha256) };
  try {
    const { url, directPath } = await uploadToAnyHost(nameHosts, file, type, options);
    return {
      url,
      directPath,
      mediaKey: Buffer.from(encrypted.mediaKey),
      mediaKeyTimestamp: Math.floor(Date.now() / 1000),
      fileSha256: encrypted.fileSha256,
      fileEncSha256: encrypted.fileEncSha256,
      fileLength: encrypted.fileLength,
    };
  } finally {
    await unlink(encrypted.encFilePath);
  }
}

type Located = Pick<UploadedMedia, 'url' | 'directPath'>;

async function uploadToAnyHost(
  nameHosts: NameMediaHosts,
  file: EncryptedFile,
  type: MediaType,
  options: UploadOptions,
): Promise<Located> {
  let failure = uploadFailed('WhatsApp named no media host', { retryable: true });
  for (const renew of [false, true]) {
    const { hosts, auth } = await nameHosts(renew);
    for (const hostname of hosts) {
      const query = `auth=${encodeURIComponent(auth)}&token=${file.token}`;
      const url = `https://${hostname}${MEDIA_PATH_MAP[type]}/${file.token}?${query}`;
      const result = await post(url, file, options);
      if ('directPath' in result) return result;
      failure = result.failure;
      if (result.unauthorised) break;
      if (!failure.retryable) throw failure;
    }
  }
  throw failure;
}

type PostResult = Located | { readonly failure: PomboError; readonly unauthorised: boolean };

async function post(url: string, file: EncryptedFile, { dispatcher, timeoutMs }: UploadOptions): Promise<PostResult> {
  try {
    const { size } = await stat(file.path);
    const { statusCode, body } = await request(url, {
      method: 'POST',
      dispatcher,
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(size),
        origin: 'https://web.whatsapp.com',
      },
      body: createReadStream(file.path),
      signal: AbortSignal.timeout(timeoutMs + Math.ceil(size / SLOWEST_BYTES_PER_MS)),
    });
    const text = await body.text();
    if (statusCode === 200) return readAnswer(text);
    const failure = uploadFailed(`the media host answered ${statusCode}`, { retryable: mayPass(statusCode) });
    return { failure, unauthorised: isUnauthorised(statusCode) };
  } catch (cause) {
    return {
      failure: uploadFailed('the media host could not be reached', { retryable: true, cause }),
      unauthorised: false,
    };
  }
}

function readAnswer(text: string): PostResult {
  const answer = JSON.parse(text) as { url?: string; direct_path?: string };
  if (answer.direct_path) return { url: answer.url ?? '', directPath: answer.direct_path };
  return {
    failure: uploadFailed('the media host did not say where it put the file', { retryable: true }),
    unauthorised: false,
  };
}

function uploadFailed(why: string, options: { retryable: boolean; cause?: unknown }): PomboError {
  return new PomboError('UPLOAD_FAILED', `the media could not be uploaded to WhatsApp: ${why}`, options);
}
