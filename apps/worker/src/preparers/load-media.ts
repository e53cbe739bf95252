/** Gets a message's media: from the blob store, or from the URL the client gave. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { MediaSource } from '@pombo/contracts';
import type { CacheableAnswer, MediaFile, MediaLimit } from '@pombo/media';
import type { SendContext } from '../sending/send-context.js';

/** The media of one message, at hand for as long as it is being prepared; got when it is first asked for, and once. */
export interface LoadedMedia {
  /** Begins to read what is stored here and has to be worked on whole, for `bytes` to come. */
  begin(): void;
  /** For what has to be worked on whole. @throws PomboError */
  bytes(): Promise<Buffer>;
  /** For what may be large. @throws PomboError */
  file(): Promise<MediaFile>;
  /** For media behind a URL: gets it. @throws PomboError */
  download(): Promise<Downloaded>;
  /**
   * For media behind a URL: asks its host, by what it said before, whether that still holds. If not, its answer is the
   * download.
   * @returns the host's answer if so. @throws PomboError
   */
  ifUnchanged(validators: Readonly<Record<string, string>>): Promise<CacheableAnswer | undefined>;
  /** What was downloaded, if anything was, for somebody else: it is not at hand here any more. */
  giveAway(): Fetched | undefined;
  /** Takes what another one gave away as its download. */
  use(download: Fetched): void;
  /** Takes a file along that was made of it. */
  adopt(file: MediaFile): void;
  /** Undefined as long as nothing has been downloaded: for media that came with the request, for good. */
  readonly downloadTimeMs: number | undefined;
  release(): Promise<void>;
}

export interface Downloaded {
  /** Hex. */
  readonly sha256: string;
  readonly answer: CacheableAnswer;
}

/** A download, in memory or in a file. */
export interface Fetched extends Downloaded {
  readonly content: Buffer | MediaFile;
  readonly downloadTimeMs: number;
}

export interface LoadOptions {
  readonly limit: MediaLimit;
  /** A download is kept in memory: for what has to be worked on whole anyway. */
  readonly inMemory: boolean;
}

export function loadMedia(source: MediaSource, { limit, inMemory }: LoadOptions, context: SendContext): LoadedMedia {
  const { blobs, fetcher, scratch, signal } = context;
  const { maxBytes, downloadTimeoutMs: timeoutMs } = limit;
  const options = { maxBytes, timeoutMs, signal };
  const files: MediaFile[] = [];
  let stored: Promise<Buffer> | undefined;
  let fetched: Promise<Fetched> | undefined;
  let got: Fetched | undefined;
  let downloadTimeMs: number | undefined;

  const intoFile = (body: AsyncIterable<Buffer>) => scratch.write(body, maxBytes);
  const keep = (found: Fetched): Fetched => {
    got = found;
    downloadTimeMs = found.downloadTimeMs;
    if (!Buffer.isBuffer(found.content)) files.push(found.content);
    return found;
  };
  const get = async (url: string): Promise<Fetched> => {
    if (!inMemory) return keep(fetchedFile(await fetcher.fetchMediaInto(intoFile, url, options)));
    const { bytes: content, answer, ...times } = await fetcher.fetchMedia(url, options);
    return keep({ content, answer, ...times, sha256: createHash('sha256').update(content).digest('hex') });
  };
  const fetchOnce = (): Promise<Fetched> => (fetched ??= get(urlOf(source)));

  return {
    get downloadTimeMs() {
      return downloadTimeMs;
    },
    download: fetchOnce,
    begin() {
      if (!inMemory || !('blob' in source)) return;
      stored ??= blobs.get(source.blob);
      // Perhaps nobody asks for it: somebody else has made what it was to be used for.
      stored.catch(() => undefined);
    },
    async ifUnchanged(validators) {
      const found = await fetcher.fetchMediaIfChanged(intoFile, urlOf(source), { ...options, validators });
      if (found.unchanged) return found.answer;
      fetched = Promise.resolve(keep(fetchedFile(found)));
      return undefined;
    },
    async bytes() {
      if ('blob' in source) return stored ?? blobs.get(source.blob);
      const { content } = await fetchOnce();
      return Buffer.isBuffer(content) ? content : readFile(content.path);
    },
    async file() {
      const file = 'blob' in source ? await blobs.open(source.blob) : (await fetchOnce()).content;
      if (Buffer.isBuffer(file)) throw new Error('media that is kept in memory is no file');
      if ('blob' in source) files.push(file);
      return file;
    },
    giveAway() {
      const given = got;
      got = fetched = undefined;
      files.splice(0, files.length, ...files.filter((file) => file !== given?.content));
      return given;
    },
    use(download) {
      fetched = Promise.resolve(keep(download));
    },
    adopt: (file) => files.push(file),
    async release() {
      for (const file of files) await file.release();
    },
  };
}

function fetchedFile(found: MediaFile & Downloaded & { readonly downloadTimeMs: number }): Fetched {
  const { path, sizeBytes, sha256, answer, downloadTimeMs } = found;
  return { content: { path, sizeBytes, release: () => found.release() }, sha256, answer, downloadTimeMs };
}

function urlOf(source: MediaSource): string {
  if ('url' in source) return source.url;
  throw new Error('media that came with the request is not downloaded');
}
