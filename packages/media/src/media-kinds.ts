/** Which content is taken for which kind of media: the one list behind every check. */
import type { MediaKind } from '@pombo/contracts';
import { isReadableImage } from './image-format.js';

interface KindRule {
  readonly accepts: (mimeType: string) => boolean;
  /** What to send instead, for the error. */
  readonly wanted: string;
}

/** Containers that hold sound as well as pictures: an audio file may go by their names. */
const SHARED_CONTAINERS: ReadonlySet<string> = new Set(['video/mp4', 'video/webm', 'video/ogg', 'application/ogg']);
const PICTURE: KindRule = { accepts: isReadableImage, wanted: 'a JPEG, PNG, WebP, GIF, TIFF, AVIF or SVG image' };

const RULES: Readonly<Record<MediaKind, KindRule>> = {
  image: PICTURE,
  // What is no WebP becomes one.
  sticker: PICTURE,
  video: { accepts: (mimeType) => mimeType.startsWith('video/'), wanted: 'a video, best as MP4' },
  audio: {
    accepts: (mimeType) => mimeType.startsWith('audio/') || SHARED_CONTAINERS.has(mimeType),
    wanted: 'an audio file, such as MP3, M4A or Ogg/Opus',
  },
  document: { accepts: () => true, wanted: 'a file' },
};

/**
 * @param mimeType as `sniffMedia` found it; undefined when it is not known.
 * @returns what is wrong with it, to follow the field's name: "is text/html; send a video"; undefined when nothing is.
 */
export function problemOfKind(kind: MediaKind, mimeType: string | undefined): string | undefined {
  const { accepts, wanted } = RULES[kind];
  if (mimeType === undefined) return kind === 'document' ? undefined : `is of no known type; send ${wanted}`;
  return accepts(mimeType) ? undefined : `is ${mimeType}; send ${wanted}`;
}
