/**
 * ffmpeg and ffprobe, where they are installed. They read files of strangers, so they are given one file, no network,
 * only formats that name no other files (playlists do), bounded memory, time and number, and write nothing but a pipe.
 */
import type { Readable } from 'node:stream';
import { createGate } from './gate.js';
import { collectOutput, runChild } from './run-child.js';

export interface FfmpegSettings {
  /** Names or paths of the programs. */
  readonly ffmpegPath: string;
  readonly ffprobePath: string;
  /** For each run, in milliseconds. */
  readonly timeoutMs: number;
  /** Runs at once; default 1: each keeps a processor busy. */
  readonly concurrency?: number;
}

export interface Ffmpeg {
  /** @throws ChildMissingError, ChildFailedError; what `consume` throws */
  run<T>(
    path: string,
    args: readonly string[],
    consume: (output: Readable) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T>;
  /** @returns ffprobe's JSON. @throws ChildMissingError, ChildFailedError */
  probe(path: string, entries: string, signal: AbortSignal): Promise<unknown>;
}

/** Demuxers by ffmpeg's names: containers and audio files, none that opens another file. */
const FORMATS =
  'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,asf,mpeg,mpegts,ogg,mp3,aac,amr,wav,aiff,flac,caf,w64,wv,ape';
const MAX_ALLOCATION_BYTES = 256 * 1024 * 1024;
const MAX_PROBE_BYTES = 256 * 1024;

export function createFfmpeg({ ffmpegPath, ffprobePath, timeoutMs, concurrency = 1 }: FfmpegSettings): Ffmpeg {
  const gate = createGate(concurrency);
  const common = ['-v', 'error', '-max_alloc', String(MAX_ALLOCATION_BYTES)];
  const input = (path: string) => [
    '-protocol_whitelist',
    'file,pipe',
    '-format_whitelist',
    FORMATS,
    '-i',
    `file:${path}`,
  ];

  return {
    run: (path, args, consume, signal) =>
      gate.run(() =>
        runChild({
          command: ffmpegPath,
          args: ['-nostdin', '-hide_banner', ...common, '-threads', '1', ...input(path), ...args, 'pipe:1'],
          ...{ timeoutMs, signal, consume },
        }),
      ),
    probe: (path, entries, signal) =>
      gate.run(async () => {
        const output = await runChild({
          command: ffprobePath,
          args: ['-hide_banner', ...common, '-show_entries', entries, '-of', 'json', ...input(path)],
          ...{ timeoutMs, signal, consume: (stdout: Readable) => collectOutput(stdout, MAX_PROBE_BYTES) },
        });
        return JSON.parse(output.toString()) as unknown;
      }),
  };
}
