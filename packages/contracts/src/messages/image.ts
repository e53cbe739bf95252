/** `POST /send/image`. */
import Joi from 'joi';
import type { SendDocs } from '../send-docs.js';
import { type CommonSend, captionSchema, commonSendKeys } from './common.js';
import { mediaKeys, type MediaSpec, withOneMedia } from './media-fields.js';

/** The validated body, without its media. */
export interface ImageSend extends CommonSend {
  readonly caption?: string;
  readonly viewOnce?: boolean;
  readonly hd?: boolean;
}

export const imageMedia = { kind: 'image', inline: 'image', url: 'image_url' } as const satisfies MediaSpec;

export const imageSendSchema = withOneMedia(
  Joi.object<ImageSend>({
    ...commonSendKeys,
    ...mediaKeys(imageMedia),
    caption: captionSchema,
    viewOnce: Joi.boolean().description('It can be seen once.'),
    hd: Joi.boolean().description('Longest side up to 4096 pixels instead of 1600; a larger picture is made smaller.'),
  }),
  imageMedia,
);

export const imageDocs: SendDocs = {
  summary: 'Send a picture',
  description:
    'A picture by URL is fetched by the worker that sends it, one inside the body is stored at once. JPEG, PNG, WebP, GIF, TIFF, AVIF, SVG and BMP are taken; what WhatsApp would not show becomes a JPEG, or a PNG where it can be seen through. EXIF, XMP and IPTC are taken out.',
  examples: {
    'A picture by its URL': {
      number: '5511999999999',
      image_url: 'https://example.com/pigeon.jpg',
      caption: 'A letter from *Pombo*',
    },
    'A picture in the body, to be seen once': {
      number: '+55 11 99999-9999',
      image:
        'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      viewOnce: true,
    },
    'To a group, mentioning someone, tomorrow at nine': {
      to: '120363041234567890@g.us',
      image_url: 'https://example.com/pigeon.jpg',
      caption: 'Look, @5511988888888',
      mentioned: ['5511988888888'],
      send_at: '2026-03-02T09:00:00Z',
      priority: 'bulk',
      client_reference: 'spring-campaign',
    },
  },
};
