import type { MediaPreparer } from './media-preparer.js';

export const prepareImage: MediaPreparer<'image'> = {
  inMemory: true,
  variant: ({ hd = false }) => (hd ? 'hd' : ''),
  async prepare(loaded, { hd = false }, { images, config }) {
    const image = await images.prepareImage(await loaded.bytes(), {
      maxBytes: config.MEDIA_MAX_IMAGE_BYTES,
      maxEdge: hd ? config.IMAGE_HD_MAX_EDGE : config.IMAGE_MAX_EDGE,
      strip: config.IMAGE_STRIP_METADATA,
    });
    const { mimeType, width, height, thumbnail, source } = image;
    return {
      source: image.bytes,
      built: { mimeType, width, height, thumbnail },
      metadata: {
        image_size_bytes: source.sizeBytes,
        image_format: source.mimeType,
        delivered_format: mimeType,
        width,
        height,
      },
    };
  },
};
