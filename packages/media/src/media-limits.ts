/** How large each kind of media may be and how long its download may take: the settings, by kind. */
import type { MediaKind } from '@pombo/contracts';
import type { Config } from '@pombo/runtime';

export interface MediaLimit {
  /** Of what the client supplies, in bytes. */
  readonly maxBytes: number;
  readonly downloadTimeoutMs: number;
}

export type MediaLimits = Readonly<Record<MediaKind, MediaLimit>>;

export function mediaLimits(config: Config): MediaLimits {
  const downloadTimeoutMs = config.MEDIA_DOWNLOAD_TIMEOUT_MS;
  return {
    image: { maxBytes: config.MEDIA_MAX_IMAGE_BYTES, downloadTimeoutMs },
    // A picture that becomes a sticker may be as large as other pictures; the sticker itself has its own limit.
    sticker: { maxBytes: Math.max(config.MEDIA_MAX_IMAGE_BYTES, config.MEDIA_MAX_STICKER_BYTES), downloadTimeoutMs },
    audio: { maxBytes: config.MEDIA_MAX_AUDIO_BYTES, downloadTimeoutMs },
    document: { maxBytes: config.MEDIA_MAX_DOCUMENT_BYTES, downloadTimeoutMs },
    video: { maxBytes: config.MEDIA_MAX_VIDEO_BYTES, downloadTimeoutMs: config.MEDIA_VIDEO_DOWNLOAD_TIMEOUT_MS },
  };
}

/** Largest file taken at all, whatever it is for. */
export function largestMediaBytes(limits: MediaLimits): number {
  return Math.max(...Object.values(limits).map(({ maxBytes }) => maxBytes));
}

/** The limit on what a client supplies as this type: a WebP is sent as a sticker as it is, so it has the sticker's own. */
export function maxBytesFor(kind: MediaKind, mimeType: string | undefined, config: Config): number {
  if (kind === 'sticker' && mimeType === 'image/webp') return config.MEDIA_MAX_STICKER_BYTES;
  return mediaLimits(config)[kind].maxBytes;
}
