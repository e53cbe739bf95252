export { type CacheableAnswer, type Freshness, freshnessOf, refreshed } from './answer-freshness.js';
export {
  createMediaFetcher,
  type FetchedMedia,
  type FetchMediaOptions,
  type MediaDownload,
  type MediaFetcher,
  type MediaFetcherSettings,
  type MediaSink,
} from './media-fetcher.js';
export { decodeInlineMedia, type InlineMedia, type InlineMediaOptions } from './decode-inline-media.js';
export { sniffFile, sniffMedia, type SniffedMedia } from './sniff-media.js';
export { problemOfKind } from './media-kinds.js';
export { largestMediaBytes, maxBytesFor, mediaLimits, type MediaLimit, type MediaLimits } from './media-limits.js';
export { createScratch, type MediaFile, type Scratch } from './media-file.js';
export type { AvFacts } from './av-facts.js';
export { type AvPipeline, type AvPipelineSettings, createAvPipeline } from './av-pipeline.js';
export { isSendableImage, type ImageFormat } from './image-format.js';
export type { ImageGateSettings } from './image-gate.js';
export { createPdfReader, type PdfFacts, type PdfReader, type PdfReaderSettings } from './pdf-reader.js';
export type { RawPicture } from './children/picture-answer.js';
export type { ImageInfo } from './image-header.js';
export { createImagePipeline, type ImagePipeline } from './image-pipeline.js';
export type { PreparedImage, PreparedSticker, PrepareImageOptions, PrepareStickerOptions } from './image-work.js';
export type { BlobStore, BlobUse, PutOptions, Removal, StoredBlob } from './blob-store.js';
export { boundBlobStore, type HasRoom, requireRoom } from './bounded-blob-store.js';
export { makeRoom, removeOlderThan, type RoomOrder } from './clear-up.js';
export { type BlobStoreConfig, type BlobStoreOptions, createBlobStore } from './create-blob-store.js';
export { createDirectoryBlobStore, type DirectoryBlobStoreSettings } from './directory-blob-store.js';
export { createS3BlobStore, type S3BlobStoreSettings } from './s3-blob-store.js';
