/** `POST /send/video`. */
import Joi from 'joi';
import type { SendDocs } from '../send-docs.js';
import { type CommonSend, captionSchema, commonSendKeys } from './common.js';
import { mediaKeys, type MediaSpec, thumbnailKeys, withOneMedia } from './media-fields.js';

/** The validated body, without its media. */
export interface VideoSend extends CommonSend {
  readonly caption?: string;
  readonly viewOnce?: boolean;
  /** Plays by itself, again and again and without sound, as a GIF does. */
  readonly gifPlayback?: boolean;
}

export const videoMedia = {
  kind: 'video',
  inline: 'video',
  url: 'video_url',
  thumbnail: { inline: 'thumbnail', url: 'thumbnail_url' },
} as const satisfies MediaSpec;

export const videoSendSchema = withOneMedia(
  Joi.object<VideoSend>({
    ...commonSendKeys,
    ...mediaKeys(videoMedia),
    ...thumbnailKeys(videoMedia.thumbnail),
    caption: captionSchema,
    viewOnce: Joi.boolean().description('It can be seen once.'),
    gifPlayback: Joi.boolean().description('Plays by itself, again and again and without sound.'),
  }),
  videoMedia,
).nand('thumbnail', 'thumbnail_url');

export const videoDocs: SendDocs = {
  summary: 'Send a video',
  description:
    'Videos go out as they are; MP4 (H.264 and AAC) plays on every phone. The length and size shown are measured, and with ffmpeg beside the worker the first picture becomes the thumbnail, unless you bring your own.',
  examples: {
    'A video by its URL': {
      number: '5511999999999',
      video_url: 'https://example.com/flight.mp4',
      caption: 'Off it goes',
    },
    'One that plays like a GIF': {
      number: '5511999999999',
      video_url: 'https://example.com/wings.mp4',
      gifPlayback: true,
    },
  },
};
