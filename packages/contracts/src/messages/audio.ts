/** `POST /send/audio`: an audio file, or a voice note (`ptt`). */
import Joi from 'joi';
import type { SendDocs } from '../send-docs.js';
import { type CommonSend, commonSendKeys } from './common.js';
import { mediaKeys, type MediaSpec, withOneMedia } from './media-fields.js';

/** The validated body, without its media. */
export interface AudioSend extends CommonSend {
  /** A voice note ("push to talk"). */
  readonly ptt?: boolean;
  readonly viewOnce?: boolean;
  /** Length as shown; measured unless given. */
  readonly seconds?: number;
  /** How loud a voice note is over its length, as shown: 64 numbers from 0 to 100; measured unless given. */
  readonly waveform?: readonly number[];
}

export const audioMedia = { kind: 'audio', inline: 'audio', url: 'audio_url' } as const satisfies MediaSpec;

/** WhatsApp's clients draw so many bars. */
const WAVEFORM_LENGTH = 64;
const MAX_LOUDNESS = 100;
const MAX_SECONDS = 86_400;

export const audioSendSchema = withOneMedia(
  Joi.object<AudioSend>({
    ...commonSendKeys,
    ...mediaKeys(audioMedia),
    ptt: Joi.boolean().description('A voice note (“push to talk”).'),
    viewOnce: Joi.boolean().description('It can be heard once.'),
    seconds: Joi.number().integer().min(0).max(MAX_SECONDS).description('Its length as shown; measured unless given.'),
    waveform: Joi.array()
      .items(Joi.number().integer().min(0).max(MAX_LOUDNESS))
      .length(WAVEFORM_LENGTH)
      .description('How loud a voice note is over its length, as shown; measured unless given.'),
  }),
  audioMedia,
);

export const audioDocs: SendDocs = {
  summary: 'Send audio or a voice note',
  description:
    'MP3, M4A, AAC, AMR and Ogg/Opus go out as they are. A voice note (`ptt`) is always Ogg/Opus: with ffmpeg beside the worker other formats are converted, without it they end UNSUPPORTED_MEDIA_TYPE.',
  examples: {
    'A song by its URL': { number: '5511999999999', audio_url: 'https://example.com/song.mp3' },
    'A voice note': { number: '5511999999999', audio_url: 'https://example.com/hello.ogg', ptt: true },
  },
};
