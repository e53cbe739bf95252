import type { ContentOf } from '@pombo/contracts';
import type { Config } from '@pombo/runtime';
import type { MediaPreparer } from './media-preparer.js';

const optionsOf = ({ hd = false }: ContentOf<'image'>, config: Config) => ({
  maxBytes: config.MEDIA_MAX_IMAGE_BYTES,
  maxEdge: hd ? config.IMAGE_HD_MAX_EDGE : config.IMAGE_MAX_EDGE,
  strip: config.IMAGE_STRIP_METADATA,
});

export const prepareImage: MediaPreparer<'image'> = {
  inMemory: true,
  variant: (content, config) => JSON.stringify(optionsOf(content, config)),
  async prepare(loaded, content, { images, config }, onLikely) {
    const image = await images.prepareImage(await loaded.bytes(), { ...optionsOf(content, config), onLikely });
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
