/** Videos go out as they are: what a phone cannot play, it offers to open with something else. */
import type { SendContext } from '../sending/send-context.js';
import { durationFields } from './duration-fields.js';
import type { MediaPreparer } from './media-preparer.js';
import { sniffKind } from './sniff-kind.js';

/** Other names of what WhatsApp knows as MP4. */
const MP4_TYPES: ReadonlySet<string> = new Set(['video/mp4', 'video/x-m4v']);

export const prepareVideo: MediaPreparer<'video'> = {
  inMemory: false,
  async prepare(loaded, _content, context) {
    const file = await loaded.file();
    const sniffed = await sniffKind('video', file);
    const mimeType = MP4_TYPES.has(sniffed) ? 'video/mp4' : sniffed;
    const { durationSeconds, ...size } = await context.av.inspectVideo(file.path, context.signal);
    // Also where this message brings its own: others may not.
    const thumbnail = await firstFrame(file.path, context);
    const { seconds, duration } = durationFields(durationSeconds);
    return {
      source: file,
      untouched: true,
      built: { mimeType, ...size, ...seconds, ...(thumbnail ? { thumbnail } : {}) },
      metadata: {
        video_size_bytes: file.sizeBytes,
        video_format: sniffed,
        delivered_format: mimeType,
        ...size,
        ...duration,
        thumbnail_included: thumbnail !== undefined,
      },
    };
  },
};

async function firstFrame(path: string, { av, images, signal }: SendContext): Promise<Buffer | undefined> {
  const frame = await av.firstFrame(path, signal);
  return frame && images.createThumbnail(frame);
}
