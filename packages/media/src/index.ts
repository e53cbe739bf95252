export {
  createMediaFetcher,
  type FetchedMedia,
  type FetchMediaOptions,
  type MediaDownload,
  type MediaFetcher,
  type MediaFetcherSettings,
  type StoredMedia,
} from './media-fetcher.js';
export { decodeInlineMedia, type InlineMedia, type InlineMediaOptions } from './decode-inline-media.js';
export { sniffMedia, type SniffedMedia } from './sniff-media.js';
export { isSendableImage, type ImageFormat } from './image-format.js';
export type { ImageGateSettings } from './image-gate.js';
export type { ImageInfo } from './image-header.js';
export {
  createImagePipeline,
  type ImagePipeline,
  type PreparedImage,
  type PrepareImageOptions,
} from './image-pipeline.js';
export type { BlobStore, PutOptions, StoredBlob } from './blob-store.js';
export { createDirectoryBlobStore, type DirectoryBlobStoreSettings } from './directory-blob-store.js';
