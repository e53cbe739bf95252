/**
 * Puts media on WhatsApp's media host, encrypted but for newsletters. What comes back says all a message needs to refer
 * to it, so one upload can serve many messages.
 */
import { PomboError } from '@pombo/contracts';
import { isJidNewsletter, MEDIA_PATH_MAP, type MediaType } from '@whiskeysockets/baileys';
import { type Dispatcher, request } from 'undici';
import type { NameMediaHosts } from './media-hosts.js';
import { encryptFile, type FileFacts, plainFile, type UploadFile, type UploadSource } from './upload-file.js';

/** What a message needs to refer to uploaded media. */
export interface UploadedMedia extends FileFacts {
  readonly url: string;
  readonly directPath: string;
}

export interface UploadOptions {
  readonly dispatcher: Dispatcher;
  /** For a small file; a large one has more. */
  readonly timeoutMs: number;
}

/** Half a megabyte a second: what is given beyond the time limit to a large file. */
const SLOWEST_BYTES_PER_MS = 512;

/** The media host no longer accepts the authorisation it was shown. */
const isUnauthorised = (status: number): boolean => status === 401 || status === 403;
/** Statuses that say nothing about the file: the same upload may succeed, elsewhere or later. */
const mayPass = (status: number): boolean =>
  isUnauthorised(status) || status === 404 || status === 408 || status === 429 || status >= 500;

/**
 * @param chatJid the chat it is for: what goes to newsletters is not encrypted.
 * @throws PomboError UPLOAD_FAILED; `retryable` when another try may succeed.
 */
export async function uploadMedia(
  nameHosts: NameMediaHosts,
  media: UploadSource,
  type: MediaType,
  chatJid: string | undefined,
  options: UploadOptions,
): Promise<UploadedMedia> {
  const isPlain = chatJid !== undefined && isJidNewsletter(chatJid) === true;
  const file = isPlain ? await plainFile(media) : await encryptFile(media, type);
  try {
    const { url, directPath } = await uploadToAnyHost(nameHosts, file, type, options);
    return { url, directPath, ...file.facts };
  } finally {
    await file.remove();
  }
}

type Located = Pick<UploadedMedia, 'url' | 'directPath'>;

async function uploadToAnyHost(
  nameHosts: NameMediaHosts,
  file: UploadFile,
  type: MediaType,
  options: UploadOptions,
): Promise<Located> {
  let refusal: Refusal | undefined;
  for (const renew of [false, true]) {
    const { hosts, auth } = await nameHosts(renew);
    const query = `auth=${encodeURIComponent(auth)}&token=${file.token}`;
    const urls = hosts.map((host) => `https://${host}${MEDIA_PATH_MAP[type]}/${file.token}?${query}`);
    const result = await postToFirst(urls, file, options, renew);
    if (result && 'directPath' in result) return result;
    refusal = result;
    if (refusal && !refusal.failure.retryable) break;
  }
  throw refusal?.failure ?? uploadFailed('WhatsApp named no media host', { retryable: true });
}

interface Refusal {
  readonly failure: PomboError;
  readonly unauthorised: boolean;
}

type PostResult = Located | Refusal;

/**
 * Where the first host took it that would. One host's refusal says little about the others, unless it is of an
 * authorisation that may have run out.
 * @returns otherwise the refusal that leaves most hope; undefined when there is no host.
 */
async function postToFirst(
  urls: readonly string[],
  file: UploadFile,
  options: UploadOptions,
  renewed: boolean,
): Promise<PostResult | undefined> {
  const refusals: Refusal[] = [];
  for (const url of urls) {
    const result = await post(url, file, options);
    if ('directPath' in result || (result.unauthorised && !renewed)) return result;
    refusals.push(result);
  }
  return refusals.find(({ failure }) => failure.retryable) ?? refusals.at(-1);
}

async function post(url: string, file: UploadFile, { dispatcher, timeoutMs }: UploadOptions): Promise<PostResult> {
  try {
    const { statusCode, body } = await request(url, {
      method: 'POST',
      dispatcher,
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(file.sizeBytes),
        origin: 'https://web.whatsapp.com',
      },
      body: file.open(),
      signal: AbortSignal.timeout(timeoutMs + Math.ceil(file.sizeBytes / SLOWEST_BYTES_PER_MS)),
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
