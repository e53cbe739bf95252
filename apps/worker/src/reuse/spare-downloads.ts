/**
 * Downloads nothing came of: the upload was refused, the device lost its connection. For a minute the next try finds the
 * file here, so that trouble with WhatsApp costs the host of the media nothing.
 */
import { MINUTE } from '@pombo/runtime';
import { LRUCache } from 'lru-cache';

export interface SpareDownload {
  /** Milliseconds since the epoch. */
  readonly fetchedAt: number;
  readonly sizeBytes: number;
  release(): Promise<void>;
}

export interface SpareDownloads<D extends SpareDownload> {
  /** @param name of the tenant, the URL and what it is for. */
  keep(name: string, download: D): void;
  /** Gives it away for good. @returns undefined when there is none that may be used. */
  take(name: string, mayUse: (download: D) => boolean): D | undefined;
}

const KEPT_MS = MINUTE;
/** All together. */
const KEPT_BYTES = 64 * 1024 * 1024;

export function createSpareDownloads<D extends SpareDownload>(onError: (error: unknown) => void): SpareDownloads<D> {
  const letGo = (download: D): void => void download.release().catch(onError);
  const spares = new LRUCache<string, D>({
    maxSize: KEPT_BYTES,
    sizeCalculation: ({ sizeBytes }) => sizeBytes + 1,
    ttl: KEPT_MS,
    ttlAutopurge: true,
    dispose: (download, _name, reason) => {
      // What is taken is its taker's.
      if (reason !== 'delete') letGo(download);
    },
  });

  return {
    keep(name, download) {
      spares.set(name, download);
      if (spares.peek(name) !== download) letGo(download);
    },
    take(name, mayUse) {
      const spare = spares.get(name);
      if (!spare || !mayUse(spare)) return undefined;
      spares.delete(name);
      return spare;
    },
  };
}
