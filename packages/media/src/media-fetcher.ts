/** Downloads media from the public internet, and only from there. */
import { createAddressGuard, createGuardedAgent, type Resolver } from '@pombo/guard';
import type { CacheableAnswer } from './answer-freshness.js';
import { readCapped } from './capped-body.js';
import { startDeadline } from './deadline.js';
import { headerText } from './header-text.js';
import { parseMediaUrl } from './media-url.js';
import { discard, requestMedia } from './request-media.js';

const DEFAULT_MAX_REDIRECTS = 5;

export interface MediaFetcherSettings {
  /** Host names, IP addresses and CIDR ranges that may be reached although they are not public. */
  readonly allowHosts: readonly string[];
  /** Default 5. */
  readonly maxRedirects?: number;
  /** DNS, TCP and TLS together, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Default: the system's resolver. */
  readonly resolver?: Resolver;
}

export interface FetchMediaOptions {
  /** Largest body accepted, decoded, in bytes. */
  readonly maxBytes: number;
  /** From the call to the last byte, redirects included, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** What is known about a download besides its content. */
export interface MediaDownload {
  /** As the host declared it, without parameters, lower case; not to be trusted. */
  readonly contentType: string | undefined;
  readonly sizeBytes: number;
  readonly downloadTimeMs: number;
  /** Where the redirects ended. May hold secrets in its query: not for logs. */
  readonly finalUrl: string;
  readonly answer: CacheableAnswer;
}

/** The host says that what it gave before still holds. */
export interface Unchanged {
  readonly unchanged: true;
  readonly answer: CacheableAnswer;
}

export interface FetchedMedia extends MediaDownload {
  readonly bytes: Buffer;
}

/** Where a body goes. @returns what it became there. */
export type MediaSink<Stored extends { readonly sizeBytes: number }> = (body: AsyncIterable<Buffer>) => Promise<Stored>;

export interface MediaFetcher {
  /**
   * Downloads into memory.
   *
   * @throws PomboError MEDIA_BLOCKED (not http(s), not a public address), MEDIA_DOWNLOAD_FAILED (`retryable` for
   * time-outs, broken connections and statuses 408, 425, 429, 5xx), PAYLOAD_TOO_LARGE, MEDIA_INVALID (empty)
   */
  fetchMedia(url: string, options: FetchMediaOptions): Promise<FetchedMedia>;
  /** Downloads into a blob store or a file, never holding the whole in memory. Throws as `fetchMedia` and the sink do. */
  fetchMediaInto<Stored extends { readonly sizeBytes: number }>(
    sink: MediaSink<Stored>,
    url: string,
    options: FetchMediaOptions,
  ): Promise<MediaDownload & Stored>;
  /** Like `fetchMediaInto`, unless the host finds by the validators that nothing has changed. */
  fetchMediaIfChanged<Stored extends { readonly sizeBytes: number }>(
    sink: MediaSink<Stored>,
    url: string,
    options: FetchMediaOptions & { readonly validators: Readonly<Record<string, string>> },
  ): Promise<(MediaDownload & Stored & { readonly unchanged?: undefined }) | Unchanged>;
  /** Ends running downloads and closes every connection. */
  close(): Promise<void>;
}

type Body = AsyncIterable<Buffer>;

/** @throws TypeError when an entry of `allowHosts` can't be read */
export function createMediaFetcher(settings: MediaFetcherSettings): MediaFetcher {
  const { allowHosts, connectTimeoutMs, maxRedirects = DEFAULT_MAX_REDIRECTS, resolver } = settings;
  const guard = createAddressGuard(allowHosts, resolver ? { resolver } : {});
  const agent = createGuardedAgent(guard, connectTimeoutMs);

  async function ask<Content extends { readonly sizeBytes: number }>(
    address: string,
    options: FetchMediaOptions & { readonly validators?: Readonly<Record<string, string>> },
    consume: (body: Body) => Promise<Content>,
  ): Promise<(MediaDownload & Content & { readonly unchanged?: undefined }) | Unchanged> {
    const startedAt = performance.now();
    const first = parseMediaUrl(address);
    const deadline = startDeadline(options.timeoutMs, first.host, options.signal);
    const { validators = {} } = options;
    try {
      const { response, url } = await requestMedia(agent, first, { maxRedirects, signal: deadline.signal, validators });
      const { statusCode: status, headers } = response;
      const answer = { status, headers, redirected: url.href !== first.href };
      const contentType = mediaTypeOf(headerText(headers['content-type']));
      try {
        if (status === 304) return { unchanged: true, answer };
        const content = await consume(readCapped(response, options.maxBytes, url.host));
        return { ...content, contentType, downloadTimeMs: elapsedMs(startedAt), finalUrl: url.href, answer };
      } finally {
        discard(response);
      }
    } finally {
      deadline.release();
    }
  }

  async function download<Content extends { readonly sizeBytes: number }>(
    address: string,
    options: FetchMediaOptions,
    consume: (body: Body) => Promise<Content>,
  ): Promise<MediaDownload & Content> {
    const found = await ask(address, options, consume);
    // Nobody may say so who was not asked.
    if (found.unchanged) throw new Error('a media host answered what it was not asked');
    return found;
  }

  return {
    fetchMedia: (url, options) => download(url, options, readAll),
    fetchMediaInto: (sink, url, options) => download(url, options, sink),
    fetchMediaIfChanged: (sink, url, options) => ask(url, options, sink),
    close: () => agent.destroy(),
  };
}

async function readAll(body: Body): Promise<{ bytes: Buffer; sizeBytes: number }> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return { bytes, sizeBytes: bytes.length };
}

/** `Image/PNG; charset=x` → `image/png`. */
function mediaTypeOf(header: string | undefined): string | undefined {
  const mediaType = header?.split(';')[0]?.trim().toLowerCase();
  return mediaType === '' ? undefined : mediaType;
}

function elapsedMs(startedAt: number): number {
  return Math.round(performance.now() - startedAt);
}
