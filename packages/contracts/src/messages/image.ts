/** `POST /send/image`. */
import Joi from 'joi';
import { type CommonSend, commonSendKeys, MAX_CAPTION_LENGTH } from './common.js';

/** The validated body. Exactly one of `image` (base64), `image_url` and `media_id` is set. */
export interface ImageSend extends CommonSend {
  readonly image?: string;
  readonly image_url?: string;
  readonly media_id?: string;
  readonly caption: string;
  readonly viewOnce: boolean;
}

export const imageSendSchema = Joi.object<ImageSend>({
  ...commonSendKeys,
  image: Joi.string(),
  image_url: Joi.string()
    .max(2048)
    .uri({ scheme: ['http', 'https'] })
    .messages({ 'string.uriCustomScheme': '{{#label}} must be an http:// or https:// URL' }),
  media_id: Joi.string().max(64),
  caption: Joi.string().allow('').max(MAX_CAPTION_LENGTH).default(''),
  viewOnce: Joi.boolean().default(false),
})
  .xor('image', 'image_url', 'media_id')
  .messages({
    'object.xor': 'exactly one of image, image_url and media_id must be given, not several',
    'object.missing': 'one of image, image_url and media_id must be given',
  });
