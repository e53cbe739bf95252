/**
 * What is found out about sound and video, and voice notes made of other audio. Works without ffmpeg: then less is
 * known, and what would need converting is refused.
 */
import type { Readable } from 'node:stream';
import { PomboError } from '@pombo/contracts';
import { parseFile } from 'music-metadata';
import type { AvFacts } from './av-facts.js';
import { createFfmpeg, type FfmpegSettings } from './ffmpeg.js';
import type { MediaFile, Scratch } from './media-file.js';
import { readMp4Header } from './mp4-header.js';
import { ChildFailedError, ChildMissingError, collectOutput } from './run-child.js';
import { readWaveform } from './waveform.js';

export interface AvPipeline {
  inspectVideo(path: string, signal: AbortSignal): Promise<AvFacts>;
  inspectAudio(path: string, signal: AbortSignal): Promise<Pick<AvFacts, 'durationSeconds'>>;
  /** The first picture of a video, as a PNG; undefined without ffmpeg, or when it finds none. */
  firstFrame(path: string, signal: AbortSignal): Promise<Buffer | undefined>;
  /** 64 bytes of 0 to 100; undefined without ffmpeg. */
  drawWaveform(path: string, signal: AbortSignal): Promise<Buffer | undefined>;
  /**
   * Ogg/Opus, as phones play it everywhere.
   *
   * @throws PomboError UNSUPPORTED_MEDIA_TYPE without ffmpeg; MEDIA_INVALID; PAYLOAD_TOO_LARGE
   */
  toOpus(path: string, maxBytes: number, signal: AbortSignal): Promise<MediaFile>;
}

export interface AvPipelineSettings extends FfmpegSettings {
  /** Where converted files lie meanwhile. */
  readonly scratch: Scratch;
}

const MAX_FRAME_BYTES = 4 * 1024 * 1024;
/** Far more than a thumbnail needs, far less than a camera makes. */
const MAX_FRAME_WIDTH = 320;
const FRAME_ARGS = ['-map', '0:v:0', '-frames:v', '1', '-vf', `scale='min(${MAX_FRAME_WIDTH},iw)':-2`, '-c:v', 'png'];
const OPUS_ARGS = [
  '-map',
  '0:a:0',
  '-ac',
  '1',
  '-ar',
  '48000',
  '-c:a',
  'libopus',
  '-b:a',
  '32k',
  '-map_metadata',
  '-1',
];
const PCM_ARGS = ['-map', '0:a:0', '-ac', '1', '-ar', '8000', '-f', 's16le'];
const VIDEO_ENTRIES =
  'format=duration:stream=codec_type,width,height,duration:stream_disposition=attached_pic:stream_side_data=rotation';

export function createAvPipeline({ scratch, ...settings }: AvPipelineSettings): AvPipeline {
  const ffmpeg = createFfmpeg(settings);

  const inspectAudio: AvPipeline['inspectAudio'] = async (path, signal) => {
    const durationSeconds =
      (await readDuration(path)) ??
      (await ifPossible(() => ffmpeg.probe(path, 'format=duration', signal).then(durationOf)));
    return durationSeconds === undefined ? {} : { durationSeconds };
  };

  return {
    inspectAudio,
    async inspectVideo(path, signal) {
      const header = await readMp4Header(path);
      if (header.durationSeconds !== undefined && header.width !== undefined) return header;
      const probed = await ifPossible(async () => factsOf(await ffmpeg.probe(path, VIDEO_ENTRIES, signal)));
      return probed ?? { ...header, ...(await inspectAudio(path, signal)) };
    },
    firstFrame: (path, signal) =>
      ifPossible(async () => {
        const args = [...FRAME_ARGS, '-f', 'image2pipe'];
        const frame = await ffmpeg.run(path, args, (output) => collectOutput(output, MAX_FRAME_BYTES), signal);
        return frame.length > 0 ? frame : undefined;
      }),
    drawWaveform: (path, signal) => ifPossible(() => ffmpeg.run(path, PCM_ARGS, readWaveform, signal)),
    async toOpus(path, maxBytes, signal) {
      let written: MediaFile | undefined;
      try {
        const write = async (output: Readable) => (written = await scratch.write(output, maxBytes));
        return await ffmpeg.run(path, [...OPUS_ARGS, '-f', 'ogg'], write, signal);
      } catch (error) {
        await written?.release();
        throw toConversionError(error);
      }
    },
  };
}

/** Nothing a message could not go without. */
async function ifPossible<T>(work: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ChildMissingError || error instanceof ChildFailedError) return undefined;
    throw error;
  }
}

function toConversionError(error: unknown): unknown {
  if (error instanceof ChildMissingError) {
    const message = 'The audio has to be Ogg/Opus here: other formats can only be converted where ffmpeg is installed.';
    return new PomboError('UNSUPPORTED_MEDIA_TYPE', message, { cause: error });
  }
  if (!(error instanceof ChildFailedError)) return error;
  const message = error.timedOut
    ? 'The audio took too long to convert to Ogg/Opus.'
    : 'The audio is damaged or of an unknown kind: it can not be converted to Ogg/Opus.';
  return new PomboError('MEDIA_INVALID', message, { cause: error, retryable: error.timedOut });
}

async function readDuration(path: string): Promise<number | undefined> {
  try {
    const { format } = await parseFile(path, { duration: true, skipCovers: true });
    return positive(format.duration);
  } catch {
    // A format or damage the library cannot read: then its length is not known.
    return undefined;
  }
}

interface Probed {
  readonly format?: { readonly duration?: string };
  readonly streams?: ReadonlyArray<{
    readonly codec_type?: string;
    readonly width?: number;
    readonly height?: number;
    readonly disposition?: { readonly attached_pic?: number };
    readonly side_data_list?: ReadonlyArray<{ readonly rotation?: number }>;
  }>;
}

const durationOf = (probed: unknown): number | undefined => positive(Number((probed as Probed).format?.duration));

function factsOf(probed: unknown): AvFacts {
  const { streams = [] } = probed as Probed;
  const durationSeconds = durationOf(probed);
  // A cover is a picture, not the video.
  const picture = streams.find(({ codec_type: type, disposition }) => type === 'video' && !disposition?.attached_pic);
  return { ...sizeOf(picture), ...(durationSeconds === undefined ? {} : { durationSeconds }) };
}

function sizeOf(stream: NonNullable<Probed['streams']>[number] | undefined): Pick<AvFacts, 'width' | 'height'> {
  const { width = 0, height = 0, side_data_list: sides = [] } = stream ?? {};
  if (width <= 0 || height <= 0) return {};
  const turned = sides.some(({ rotation = 0 }) => Math.abs(rotation) % 180 === 90);
  return turned ? { width: height, height: width } : { width, height };
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) && value > 0 ? value : undefined;
}
