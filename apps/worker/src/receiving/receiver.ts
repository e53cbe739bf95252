/**
 * Messages that people write to a device. They are kept and announced only where an endpoint asks for `message.received`,
 * one after the other; their media is fetched behind that.
 */
import type { MediaFate, StoredReceived } from '@pombo/contracts';
import { type Config, describeError, type Logger } from '@pombo/runtime';
import { asksFor, receivedEventId, type Store } from '@pombo/store';
import type { MediaReference, Received } from '@pombo/whatsapp';
import { type InboundMedia, sealReference } from './inbound-media.js';

export interface Receiver {
  /** Resolves when it is kept, or nobody wants it. @throws when it could not be kept, which is logged. */
  receive(received: Received): Promise<void>;
  /** Resolves when everything received so far is kept; media that is still on its way is the next owner's. */
  settled(): Promise<void>;
}

export interface ReceiverOptions {
  readonly deviceId: string;
  readonly store: Store;
  readonly inboundMedia: InboundMedia;
  readonly config: Config;
  readonly logger: Logger;
}

export function createReceiver(options: ReceiverOptions): Receiver {
  const { deviceId, store, inboundMedia, config, logger } = options;
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
    const received: StoredReceived = {
      ...{ message, deviceId, tenantId },
      ...(fate ? { fate } : {}),
      ...(fate === 'pending' && media
        ? { until: Date.now() + config.MEDIA_DOWNLOAD_TIMEOUT_MS, reference: sealReference(media) }
        : {}),
    };
    const name = await store.received.receive(received);
    if (name === undefined) return;
    logger.debug('message received', { eventId: receivedEventId(name) });
    if (received.reference) inboundMedia.fetch(name, received);
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
