/**
 * Gets media that somebody sent us. The path comes from the sender and is fetched only from hosts that WhatsApp's server
 * names: a URL of the sender's could lead anywhere.
 */
import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { PomboError } from '@pombo/contracts';
import { getMediaKeys } from '@whiskeysockets/baileys';
import { type Dispatcher, request } from 'undici';
import type { NameMediaHosts } from '../sending/media-hosts.js';
import type { MediaReference } from './read-received.js';

export interface DownloadOptions {
  readonly dispatcher: Dispatcher;
  readonly timeoutMs: number;
  /** Of the media, decrypted. */
  readonly maxBytes: number;
}

/** WhatsApp appends the first bytes of an HMAC-SHA256. */
const MAC_BYTES = 10;
/** What AES-CBC adds at most. */
const PADDING_BYTES = 16;

/** @throws PomboError PAYLOAD_TOO_LARGE, MEDIA_NOT_FOUND, MEDIA_INVALID, MEDIA_DOWNLOAD_FAILED */
export async function downloadMedia(
  nameHosts: NameMediaHosts,
  media: MediaReference,
  options: DownloadOptions,
): Promise<Buffer> {
  const encrypted = await fetchFromAnyHost(nameHosts, media, options);
  if (!sha256(encrypted).equals(media.fileEncSha256)) throw invalid();
  const bytes = await decrypt(encrypted, media);
  if (!sha256(bytes).equals(media.fileSha256)) throw invalid();
  return bytes;
}

async function fetchFromAnyHost(nameHosts: NameMediaHosts, media: MediaReference, options: DownloadOptions) {
  // Anything else could name another host.
  if (!/^\/[^/\\]/.test(media.directPath)) throw invalid();
  const { hosts } = await nameHosts(false);
  let failure = downloadFailed('WhatsApp named no media host');
  for (const host of hosts) {
    try {
      return await fetchEncrypted(`https://${host}${media.directPath}`, options);
    } catch (error) {
      failure = error instanceof PomboError ? error : downloadFailed('the media host could not be reached', error);
      if (!failure.retryable) break;
    }
  }
  throw failure;
}

async function fetchEncrypted(url: string, { dispatcher, timeoutMs, maxBytes }: DownloadOptions): Promise<Buffer> {
  const signal = AbortSignal.timeout(timeoutMs);
  const { statusCode, body } = await request(url, {
    ...{ dispatcher, signal },
    headers: { origin: 'https://web.whatsapp.com' },
  });
  if (statusCode !== 200) {
    body.destroy();
    if (statusCode === 404 || statusCode === 410) throw gone();
    throw downloadFailed(`the media host answered ${statusCode}`);
  }
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes + MAC_BYTES + PADDING_BYTES) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function decrypt(encrypted: Buffer, { mediaKey, kind }: MediaReference): Promise<Buffer> {
  const { iv, cipherKey, macKey } = await getMediaKeys(mediaKey, kind);
  const cut = Math.max(0, encrypted.length - MAC_BYTES);
  const [ciphertext, mac] = [encrypted.subarray(0, cut), encrypted.subarray(cut)];
  const expected = createHmac('sha256', macKey ?? Buffer.alloc(0))
    .update(iv)
    .update(ciphertext)
    .digest();
  if (mac.length !== MAC_BYTES || !timingSafeEqual(expected.subarray(0, MAC_BYTES), mac)) throw invalid();
  try {
    const cipher = createDecipheriv('aes-256-cbc', cipherKey, iv);
    return Buffer.concat([cipher.update(ciphertext), cipher.final()]);
  } catch (cause) {
    throw invalid(cause);
  }
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

function invalid(cause?: unknown): PomboError {
  return new PomboError('MEDIA_INVALID', 'the media is not what the message says it is', { cause });
}

function gone(): PomboError {
  return new PomboError('MEDIA_NOT_FOUND', 'WhatsApp no longer has the media');
}

function tooLarge(maxBytes: number): PomboError {
  return new PomboError('PAYLOAD_TOO_LARGE', `the media is larger than the limit of ${maxBytes} bytes`);
}

function downloadFailed(why: string, cause?: unknown): PomboError {
  return new PomboError('MEDIA_DOWNLOAD_FAILED', `the media could not be downloaded: ${why}`, {
    cause,
    retryable: true,
  });
}
