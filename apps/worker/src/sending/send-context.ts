/** What the steps of sending a message work with: one device, held under one epoch. */
import type { Config, Logger, Metrics } from '@pombo/runtime';
import type { AvPipeline, BlobStore, ImagePipeline, MediaFetcher, PdfReader, Scratch } from '@pombo/media';
import type { Store } from '@pombo/store';
import type { Session } from '@pombo/whatsapp';
import type { Obtain } from '../reuse/obtain.js';
import type { DeviceDirectory } from '../recipients/device-directory.js';

/** Shared by all devices of a worker. */
export interface WorkerTools {
  readonly config: Config;
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly fetcher: MediaFetcher;
  readonly images: ImagePipeline;
  readonly av: AvPipeline;
  readonly pdfs: PdfReader;
  /** Media made for one message and used for others. */
  readonly obtain: Obtain;
  /** Files of this process, while they are being worked on. */
  readonly scratch: Scratch;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

export interface SendContext extends WorkerTools {
  readonly deviceId: string;
  readonly epoch: number;
  readonly session: Session;
  readonly directory: DeviceDirectory;
  /** WhatsApp refused a message to this recipient because it is a new chat. Resolves when such are held. */
  readonly onRefused: (to: string) => Promise<void>;
  /** Fires when the device is given up: let go of what is in hand. */
  readonly signal: AbortSignal;
}
