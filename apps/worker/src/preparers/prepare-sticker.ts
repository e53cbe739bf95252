import type { MediaPreparer } from './media-preparer.js';

export const prepareSticker: MediaPreparer<'sticker'> = {
  inMemory: true,
  async prepare(loaded, _content, { images, config }) {
    const sticker = await images.prepareSticker(await loaded.bytes(), { maxBytes: config.MEDIA_MAX_STICKER_BYTES });
    const { mimeType, width, height, animated, source } = sticker;
    return {
      source: sticker.bytes,
      built: { mimeType, width, height, animated },
      metadata: {
        sticker_size_bytes: source.sizeBytes,
        sticker_format: source.mimeType,
        delivered_format: mimeType,
        width,
        height,
      },
    };
  },
};
