import type { MediaSource } from '@pombo/contracts';
import type { SendContext } from '../sending/send-context.js';

export interface LoadedMedia {
  readonly bytes: Buffer;
  /** 0 for media that came with the request: nothing was downloaded. */
  readonly downloadTimeMs: number;
}

/** Gets a message's media: from the blob store, or from the URL the client gave. @throws PomboError */
export async function loadMedia(source: MediaSource, maxBytes: number, context: SendContext): Promise<LoadedMedia> {
  if ('blob' in source) return { bytes: await context.blobs.get(source.blob), downloadTimeMs: 0 };
  const { bytes, downloadTimeMs } = await context.fetcher.fetchMedia(source.url, {
    maxBytes,
    timeoutMs: context.config.MEDIA_DOWNLOAD_TIMEOUT_MS,
    signal: context.signal,
  });
  return { bytes, downloadTimeMs };
}
