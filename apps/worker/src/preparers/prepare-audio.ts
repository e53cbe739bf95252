/** Audio as phones play it; a voice note is always Ogg/Opus, and drawn with its waveform. */
import type { MediaFile } from '@pombo/media';
import type { SendContext } from '../sending/send-context.js';
import { durationFields } from './duration-fields.js';
import type { LoadedMedia } from './load-media.js';
import type { MediaPreparer } from './media-preparer.js';
import { sniffKind } from './sniff-kind.js';

const OPUS = 'audio/ogg; codecs=opus';
/** What phones play as it is, by what the content shows → as WhatsApp calls it. */
const PLAYABLE: Readonly<Record<string, string>> = {
  [OPUS]: OPUS,
  'audio/mpeg': 'audio/mpeg',
  'audio/mp4': 'audio/mp4',
  'audio/x-m4a': 'audio/mp4',
  'video/mp4': 'audio/mp4',
  'audio/aac': 'audio/aac',
  'audio/amr': 'audio/amr',
};

export const prepareAudio: MediaPreparer<'audio'> = {
  inMemory: false,
  variant: ({ ptt = false }) => (ptt ? 'voice note' : ''),
  async prepare(loaded, content, context) {
    const { ptt = false } = content;
    const original = await loaded.file();
    const sniffed = await sniffKind('audio', original);
    const playable = ptt && sniffed !== OPUS ? undefined : PLAYABLE[sniffed];
    const file = playable === undefined ? await convert(original, loaded, context) : original;
    const mimeType = playable ?? OPUS;
    const { durationSeconds } = await context.av.inspectAudio(file.path, context.signal);
    const { seconds, duration } = durationFields(durationSeconds);
    const waveform = ptt ? await context.av.drawWaveform(file.path, context.signal) : undefined;
    return {
      source: file,
      untouched: file === original,
      built: { mimeType, ...seconds, ...(waveform ? { waveform } : {}) },
      metadata: {
        audio_size_bytes: original.sizeBytes,
        audio_format: sniffed,
        delivered_format: mimeType,
        ...duration,
        ...(ptt ? { waveform_included: waveform !== undefined } : {}),
      },
    };
  },
  personalise({ built, metadata }, { ptt, waveform }) {
    if (!ptt || !waveform) return { built, metadata };
    return {
      built: { ...built, waveform: Buffer.from(waveform) },
      metadata: { ...metadata, waveform_included: true },
    };
  },
};

async function convert(
  original: MediaFile,
  loaded: LoadedMedia,
  { av, config, signal }: SendContext,
): Promise<MediaFile> {
  const converted = await av.toOpus(original.path, config.MEDIA_MAX_AUDIO_BYTES, signal);
  loaded.adopt(converted);
  return converted;
}
