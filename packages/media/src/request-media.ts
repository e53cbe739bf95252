/** One GET, redirects followed by hand so that every hop is checked like the first. */
import { PomboError } from '@pombo/contracts';
import { request, type Dispatcher } from 'undici';
import { toDownloadError, toStatusError } from './download-error.js';
import { headerText } from './header-text.js';
import { parseMediaUrl } from './media-url.js';

const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Nothing of the client's travels: no cookies, no authorisation, no referrer. Some hosts refuse a request without a user agent. */
const REQUEST_HEADERS = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'Pombo/0.1 (media download)' };

export interface RequestMediaOptions {
  readonly maxRedirects: number;
  readonly signal: AbortSignal;
  /** `if-none-match`, `if-modified-since`: 304 is an answer then. */
  readonly validators?: Readonly<Record<string, string>>;
}

export interface MediaResponse {
  readonly response: Dispatcher.ResponseData;
  /** Where the redirects ended. */
  readonly url: URL;
}

/**
 * Answers with the first response that is the media; the caller must read or destroy its body.
 *
 * @throws PomboError MEDIA_BLOCKED, MEDIA_DOWNLOAD_FAILED
 */
export async function requestMedia(
  agent: Dispatcher,
  first: URL,
  options: RequestMediaOptions,
): Promise<MediaResponse> {
  let url = first;
  for (let redirects = 0; redirects <= options.maxRedirects; redirects++) {
    const response = await requestOnce(agent, url, options);
    if (isMedia(response.statusCode) || isUnchanged(response.statusCode, options)) return { response, url };
    discard(response);
    url = redirectTarget(response, url);
  }
  throw new PomboError('MEDIA_DOWNLOAD_FAILED', `${first.host} redirected more than ${options.maxRedirects} times.`);
}

/** Closes the connection without reading the rest of the answer. */
export function discard({ body }: Dispatcher.ResponseData): void {
  // Destroying an unread body emits an error, which nobody else listens for.
  body.on('error', () => undefined).destroy();
}

async function requestOnce(
  agent: Dispatcher,
  url: URL,
  { signal, validators }: RequestMediaOptions,
): Promise<Dispatcher.ResponseData> {
  try {
    signal.throwIfAborted();
    // The signal holds the one time limit; undici's own would cut a slow but allowed download.
    const answer = request(url, {
      dispatcher: agent,
      headers: { ...REQUEST_HEADERS, ...validators },
      signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return await Promise.race([answer, abortOf(signal)]);
  } catch (error) {
    throw toDownloadError(error, url.host);
  }
}

/** Rejects when the signal aborts: undici looks at the signal only once it is connected, which a silent name server can delay. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

const isUnchanged = (status: number, { validators }: RequestMediaOptions): boolean =>
  status === 304 && validators !== undefined && Object.keys(validators).length > 0;

/** 206 is a part that nobody asked for. */
function isMedia(status: number): boolean {
  return status >= 200 && status < 300 && status !== 206;
}

function redirectTarget({ statusCode, headers }: Dispatcher.ResponseData, from: URL): URL {
  const { location } = headers;
  if (!REDIRECT_STATUSES.has(statusCode) || typeof location !== 'string') {
    throw toStatusError(statusCode, from.host, headerText(headers['retry-after']));
  }
  return parseMediaUrl(location, from);
}
