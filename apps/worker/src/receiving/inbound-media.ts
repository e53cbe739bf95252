/**
 * Fetches the media of received messages. What it takes is kept with the message until that is done: a worker that stops
 * or dies on the way leaves it to the device's next owner, which takes it up once it is connected.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { type MediaFate, PomboError, type StoredReceived } from '@pombo/contracts';
import type { BlobStore } from '@pombo/media';
import { type Config, describeError, type Logger, SECOND } from '@pombo/runtime';
import type { ReceivedName, Store } from '@pombo/store';
import type { MediaReference, Session } from '@pombo/whatsapp';
import { Semaphore } from 'async-mutex';
import { actionFor, retryDelayMs } from '../sending/retry-policy.js';

export interface InboundMedia {
  /** Fetches the media of a message that has just come, in the background. */
  fetch(name: ReceivedName, received: StoredReceived): void;
  /** The device is connected: what is left over from earlier owners is taken up, in the background, by the first call. */
  takeUp(): void;
}

export interface InboundMediaOptions {
  readonly deviceId: string;
  readonly store: Pick<Store, 'received'>;
  readonly blobs: BlobStore;
  readonly config: Config;
  readonly logger: Logger;
  readonly session: Pick<Session, 'download' | 'whenConnected'>;
  /** Shared by all devices of a worker: a new owner of many has other things to do first. */
  readonly leftovers: Semaphore;
  /** Fires when the device is given up. */
  readonly signal: AbortSignal;
}

/** Downloads of one device at once. */
const DOWNLOADS = 2;
/** Leftovers that a worker fetches at once. */
const LEFTOVERS = 4;
/** Workers that begin with the same media: it may be what they die of. */
const BEGINNINGS = 10;
/** While Redis or the media store takes nothing, the media is fetched again and again for nothing. */
const STORE_AWAY_MS = 10 * SECOND;

export const createLeftoverSlots = (): Semaphore => new Semaphore(LEFTOVERS);

export function createInboundMedia(options: InboundMediaOptions): InboundMedia {
  const { deviceId, store, config, logger, session, signal } = options;
  const downloads = new Semaphore(DOWNLOADS);
  const inHand = new Set<ReceivedName>();
  let tookUp = false;

  const settle = (name: ReceivedName, received: StoredReceived, fate: MediaFate, sha256?: string): Promise<void> => {
    const { message, tenantId } = received;
    return store.received.settleMedia(name, {
      ...{ message, deviceId, tenantId, fate },
      ...(sha256 === undefined ? {} : { sha256 }),
    });
  };

  /** Once the device is connected and there is a slot; again when the connection goes meanwhile. */
  const fetchInSlot = async (name: ReceivedName, received: StoredReceived, slots: Semaphore): Promise<void> => {
    for (;;) {
      await session.whenConnected(signal);
      try {
        const sha256 = await slots.runExclusive(() => fetchIntoBlobs(received, options));
        return await settle(name, received, 'stored', sha256);
      } catch (error) {
        const action = actionFor(error);
        if (signal.aborted) throw error;
        if (action === 'stand-by') await wait(STORE_AWAY_MS, undefined, { signal });
        if (action === 'wait' || action === 'stand-by') continue;
        logger.warn('media of a received message was not fetched', { name, ...describeError(error) });
        return settle(name, received, isTooLarge(error) ? 'too-large' : 'failed');
      }
    }
  };

  /** Never rejects: what is not fetched, and not said to be lost, is left to the next owner. */
  const fetchOnce = async (name: ReceivedName, received: StoredReceived, slots: Semaphore): Promise<void> => {
    inHand.add(name);
    try {
      await fetchInSlot(name, received, slots);
    } catch (error) {
      if (!signal.aborted) logger.warn('media of a received message is left for later', describeError(error));
    } finally {
      inHand.delete(name);
    }
  };

  const takeUpOne = async (name: ReceivedName): Promise<void> => {
    const received = inHand.has(name) ? undefined : await store.received.read(deviceId, name);
    if (!received?.reference) return;
    const until = Date.now() + config.MEDIA_DOWNLOAD_TIMEOUT_MS;
    const begun = await store.received.beginMedia(name, { ...received, until });
    if (begun > BEGINNINGS) await settle(name, received, 'failed');
    else if (begun > 0) await fetchOnce(name, received, options.leftovers);
  };

  const takeUpAll = async (): Promise<void> => {
    for (const name of await store.received.listPending(deviceId)) {
      if (signal.aborted) return;
      await takeUpOne(name);
    }
  };

  return {
    fetch(name, received) {
      void fetchOnce(name, received, downloads);
    },
    takeUp() {
      if (tookUp) return;
      tookUp = true;
      takeUpAll().catch((error: unknown) => {
        if (!signal.aborted) logger.warn('media left over was not taken up', describeError(error));
      });
    },
  };
}

const isTooLarge = (error: unknown): boolean => error instanceof PomboError && error.code === 'PAYLOAD_TOO_LARGE';

/** @returns the key of the blob. @throws what the last attempt did. */
async function fetchIntoBlobs(
  { message, reference }: StoredReceived,
  { config, session, blobs, signal }: InboundMediaOptions,
): Promise<string> {
  const { media } = message;
  if (!media || !reference) throw new PomboError('MEDIA_NOT_FOUND', 'the message carries no media');
  const limits = { maxBytes: config.INBOUND_MEDIA_MAX_BYTES, timeoutMs: config.MEDIA_DOWNLOAD_TIMEOUT_MS };
  const { kind, mimeType } = media;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const bytes = await session.download({ kind, ...openReference(reference) }, limits);
      return (await blobs.put(bytes, mimeType === undefined ? {} : { mimeType })).sha256;
    } catch (error) {
      if (actionFor(error) !== 'retry' || attempt >= config.MEDIA_ATTEMPTS) throw error;
      await wait(retryDelayMs(attempt), undefined, { signal });
    }
  }
}

type Stored = NonNullable<StoredReceived['reference']>;

export function sealReference({ directPath, mediaKey, fileSha256, fileEncSha256 }: MediaReference): Stored {
  const [key, hash, encHash] = [mediaKey, fileSha256, fileEncSha256].map((bytes) => bytes.toString('base64'));
  return { directPath, mediaKey: key ?? '', fileSha256: hash ?? '', fileEncSha256: encHash ?? '' };
}

function openReference({ directPath, mediaKey, fileSha256, fileEncSha256 }: Stored): Omit<MediaReference, 'kind'> {
  const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64');
  return {
    directPath,
    mediaKey: bytesOf(mediaKey),
    fileSha256: bytesOf(fileSha256),
    fileEncSha256: bytesOf(fileEncSha256),
  };
}
