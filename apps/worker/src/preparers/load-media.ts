/** Gets a message's media: from the blob store, or from the URL the client gave. */
import type { MediaSource } from '@pombo/contracts';
import type { MediaFile, MediaLimit } from '@pombo/media';
import type { SendContext } from '../sending/send-context.js';

/** The media of one message, at hand for as long as it is being prepared. */
export interface LoadedMedia {
  /** For what has to be worked on whole. @throws PomboError */
  bytes(): Promise<Buffer>;
  /** For what may be large. @throws PomboError */
  file(): Promise<MediaFile>;
  /** Takes a file along that was made of it. */
  adopt(file: MediaFile): void;
  /** Undefined as long as nothing has been downloaded: for media that came with the request, for good. */
  readonly downloadTimeMs: number | undefined;
  release(): Promise<void>;
}

export function loadMedia(source: MediaSource, limit: MediaLimit, context: SendContext): LoadedMedia {
  const { blobs, fetcher, scratch, signal } = context;
  const { maxBytes, downloadTimeoutMs: timeoutMs } = limit;
  const files: MediaFile[] = [];
  let downloadTimeMs: number | undefined;

  const download = async (url: string): Promise<MediaFile> => {
    const fetched = await fetcher.fetchMediaInto((body) => scratch.write(body, maxBytes), url, {
      maxBytes,
      timeoutMs,
      signal,
    });
    downloadTimeMs = fetched.downloadTimeMs;
    return fetched;
  };

  return {
    get downloadTimeMs() {
      return downloadTimeMs;
    },
    async bytes() {
      if ('blob' in source) return blobs.get(source.blob);
      const fetched = await fetcher.fetchMedia(source.url, { maxBytes, timeoutMs, signal });
      downloadTimeMs = fetched.downloadTimeMs;
      return fetched.bytes;
    },
    async file() {
      const file = 'blob' in source ? await blobs.open(source.blob) : await download(source.url);
      files.push(file);
      return file;
    },
    adopt: (file) => files.push(file),
    async release() {
      for (const file of files) await file.release();
    },
  };
}
