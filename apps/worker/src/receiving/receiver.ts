/**
 * Messages that people write to a device. They are kept and announced only where an endpoint asks for `message.received`,
 * one after the other; their media is fetched behind that, by the session that has just got them.
 */
import { type MediaFate, PomboError, type StoredReceived } from '@pombo/contracts';
import type { BlobStore } from '@pombo/media';
import { type Config, describeError, type Logger } from '@pombo/runtime';
import { asksFor, receivedEventId, type Store } from '@pombo/store';
import type { MediaReference, Received, Session } from '@pombo/whatsapp';
import { Semaphore } from 'async-mutex';
import { pause } from '../sending/pause.js';
import { retryDelayMs } from '../sending/retry-policy.js';

export interface Receiver {
  /** Resolves when it is kept, or nobody wants it. @throws when it could not be kept, which is logged. */
  receive(received: Received): Promise<void>;
  /** Resolves when everything received so far is kept; media that is still on its way is given up. */
  settled(): Promise<void>;
}

export interface ReceiverOptions {
  readonly deviceId: string;
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly config: Config;
  readonly logger: Logger;
  /** Fetches the media. */
  readonly download: Session['download'];
  /** Fires when the device is given up. */
  readonly signal: AbortSignal;
}

/** Downloads of one device at once. */
const DOWNLOADS = 2;

export function createReceiver(options: ReceiverOptions): Receiver {
  const { deviceId, store, config, logger } = options;
  const downloads = new Semaphore(DOWNLOADS);
  let tail: Promise<unknown> = Promise.resolve();
  let tenant: Promise<string | undefined> | undefined;

  const readTenant = async (): Promise<string | undefined> => (await store.devices.read(deviceId))?.tenantId;
  const isWanted = async (tenantId: string): Promise<boolean> => {
    const event = { id: '', event: 'message.received', at: 0, deviceId } as const;
    const endpoints = await store.webhooks.endpoints.listOfTenant(tenantId);
    return endpoints.some((endpoint) => asksFor(endpoint, event));
  };

  const keep = async ({ message, media }: Received): Promise<void> => {
    const tenantId = await (tenant ??= readTenant());
    if (tenantId === undefined || !(await isWanted(tenantId))) return;
    const fate = message.media && fateOf(message.media.sizeBytes, media, config.INBOUND_MEDIA_MAX_BYTES);
    const until = fate === 'pending' ? { until: Date.now() + config.MEDIA_DOWNLOAD_TIMEOUT_MS } : {};
    const received: StoredReceived = { message, deviceId, tenantId, ...(fate ? { fate } : {}), ...until };
    const name = await store.received.receive(received);
    if (name === undefined) return;
    logger.debug('message received', { eventId: receivedEventId(name) });
    if (fate === 'pending' && media) void downloads.runExclusive(() => fetchMedia(name, received, media, options));
  };

  return {
    receive(received) {
      const kept = tail.then(() => keep(received));
      tail = kept.catch((error: unknown) => logger.error('a received message was not kept', describeError(error)));
      return kept;
    },
    async settled() {
      await tail;
    },
  };
}

function fateOf(sizeBytes: number | undefined, media: MediaReference | undefined, maxBytes: number): MediaFate {
  if (maxBytes === 0) return 'off';
  if (!media) return 'failed';
  return (sizeBytes ?? 0) > maxBytes ? 'too-large' : 'pending';
}

/** Never rejects: what is not fetched is said to be. */
async function fetchMedia(
  name: string,
  received: StoredReceived,
  media: MediaReference,
  options: ReceiverOptions,
): Promise<void> {
  const { store, logger, signal } = options;
  try {
    const sha256 = await fetchIntoBlobs(media, received.message.media?.mimeType, options);
    await store.received.update(name, { ...received, fate: 'stored', sha256 });
  } catch (error) {
    if (signal.aborted) return;
    logger.warn('media of a received message was not fetched', { name, ...describeError(error) });
    const fate = error instanceof PomboError && error.code === 'PAYLOAD_TOO_LARGE' ? 'too-large' : 'failed';
    await store.received
      .update(name, { ...received, fate })
      .catch((failure: unknown) => logger.error('a received message was not updated', describeError(failure)));
  }
}

async function fetchIntoBlobs(
  media: MediaReference,
  mimeType: string | undefined,
  { config, download, blobs, signal }: ReceiverOptions,
): Promise<string> {
  const limits = { maxBytes: config.INBOUND_MEDIA_MAX_BYTES, timeoutMs: config.MEDIA_DOWNLOAD_TIMEOUT_MS };
  for (let attempt = 1; ; attempt += 1) {
    try {
      const bytes = await download(media, limits);
      return (await blobs.put(bytes, mimeType === undefined ? {} : { mimeType })).sha256;
    } catch (error) {
      const mayPass = error instanceof PomboError && error.retryable;
      if (!mayPass || attempt >= config.MEDIA_ATTEMPTS) throw error;
      await pause(retryDelayMs(attempt), signal);
    }
  }
}
