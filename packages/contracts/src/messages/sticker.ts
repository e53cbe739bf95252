/** `POST /send/sticker`. */
import Joi from 'joi';
import type { SendDocs } from '../send-docs.js';
import { type CommonSend, commonSendKeys } from './common.js';
import { mediaKeys, type MediaSpec, withOneMedia } from './media-fields.js';

export const stickerMedia = { kind: 'sticker', inline: 'sticker', url: 'sticker_url' } as const satisfies MediaSpec;

export const stickerSendSchema = withOneMedia(
  Joi.object<CommonSend>({ ...commonSendKeys, ...mediaKeys(stickerMedia) }),
  stickerMedia,
);

export const stickerDocs: SendDocs = {
  summary: 'Send a sticker',
  description:
    'WebP, still or animated, up to 500 KB, best of 512 × 512 pixels. Other pictures are made into one of that size, on a transparent ground.',
  examples: {
    'A sticker by its URL': { number: '5511999999999', sticker_url: 'https://example.com/pigeon.webp' },
  },
};
