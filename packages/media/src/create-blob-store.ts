/** The blob store that the settings ask for. */
import { join } from 'node:path';
import type { Config } from '@pombo/runtime';
import type { BlobStore } from './blob-store.js';
import { boundBlobStore, type HasRoom } from './bounded-blob-store.js';
import { createDirectoryBlobStore } from './directory-blob-store.js';
import { createS3BlobStore } from './s3-blob-store.js';

export type BlobStoreConfig = Pick<
  Config,
  | 'MEDIA_STORE'
  | 'MEDIA_DIR'
  | 'S3_BUCKET'
  | 'S3_ENDPOINT'
  | 'S3_REGION'
  | 'S3_PREFIX'
  | 'S3_FORCE_PATH_STYLE'
  | 'S3_ACCESS_KEY_ID'
  | 'S3_SECRET_ACCESS_KEY'
  | 'S3_TIMEOUT_MS'
> &
  Partial<Pick<Config, 'MEDIA_FSYNC'>>;

export interface BlobStoreOptions {
  /** Hears when the disk did not take what was put. */
  readonly onFlushFailure?: (error: unknown) => void;
  /** Hears how much was written that was not there before, as far as was looked. */
  readonly onStored?: (sizeBytes: number) => void;
  /** Without it there is always room. */
  readonly hasRoom?: HasRoom;
}

export async function createBlobStore(
  config: BlobStoreConfig,
  { onFlushFailure, onStored, hasRoom }: BlobStoreOptions = {},
): Promise<BlobStore> {
  const { MEDIA_DIR: dir, MEDIA_FSYNC: fsync = 'always' } = config;
  const blobs =
    config.MEDIA_STORE === 's3'
      ? await createS3BlobStore({ ...s3SettingsOf(config), onStored })
      : createDirectoryBlobStore({ dir, fsync, onFlushFailure, onStored });
  return hasRoom ? boundBlobStore(blobs, hasRoom) : blobs;
}

export function s3SettingsOf(config: BlobStoreConfig) {
  const { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = config;
  return {
    bucket: config.S3_BUCKET ?? '',
    region: config.S3_REGION,
    endpoint: config.S3_ENDPOINT,
    prefix: config.S3_PREFIX,
    forcePathStyle: config.S3_FORCE_PATH_STYLE,
    timeoutMs: config.S3_TIMEOUT_MS,
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined,
    scratchDir: join(config.MEDIA_DIR, 'scratch'),
  };
}
