/** `POST /send/image`. */
import Joi from 'joi';
import { type CommonSend, captionSchema, commonSendKeys } from './common.js';
import { mediaKeys, type MediaSpec, withOneMedia } from './media-fields.js';

/** The validated body, without its media. */
export interface ImageSend extends CommonSend {
  readonly caption?: string;
  readonly viewOnce?: boolean;
}

export const imageMedia = { kind: 'image', inline: 'image', url: 'image_url' } as const satisfies MediaSpec;

export const imageSendSchema = withOneMedia(
  Joi.object<ImageSend>({
    ...commonSendKeys,
    ...mediaKeys(imageMedia),
    caption: captionSchema,
    viewOnce: Joi.boolean(),
  }),
  imageMedia,
);
