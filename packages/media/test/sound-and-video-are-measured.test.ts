/** With ffmpeg and without. What a foreign program might do wrong is played by scripts: it has to be stopped. */
import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually, makeMp3, makeMp4, makeOpus, makeWav } from '@pombo/testing';
import { type AvPipeline, createAvPipeline, createScratch, type Scratch, sniffFile } from '../src/index.js';
import { failureOf } from './failure.js';

const NO_PROGRAM = '/nowhere/to/be/found';
const whenInstalled = spawnSync('ffmpeg', ['-version']).status === 0 ? describe : describe.skip;
const { signal } = new AbortController();
const MAX_BYTES = 1_000_000;

let dir: string;
let scratch: Scratch;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pombo-av-'));
  scratch = await createScratch(join(dir, 'scratch'));
  await Promise.all([
    write('wide.mp4', makeMp4(3, 320, 240)),
    write('turned.mp4', makeMp4(3, 320, 240, true)),
    write('cut.mp4', makeMp4(3, 320, 240).subarray(0, -250)),
    write('song.mp3', makeMp3(2)),
    write('voice.ogg', makeOpus(2)),
    write('tone.wav', makeWav(2)),
    write('text.mp3', Buffer.from('no sound at all')),
  ]);
});
afterAll(() => rm(dir, { recursive: true }));

const path = (name: string): string => join(dir, name);
const write = (name: string, bytes: Buffer | string) => writeFile(path(name), bytes);
const pipeline = (ffmpegPath: string, timeoutMs = 20_000): AvPipeline =>
  createAvPipeline({ scratch, ffmpegPath, ffprobePath: ffmpegPath.replace(/ffmpeg$/, 'ffprobe'), timeoutMs });

describe('without ffmpeg', () => {
  let av: AvPipeline;
  beforeAll(() => {
    av = pipeline(NO_PROGRAM);
  });

  test.each([
    ['wide.mp4', { durationSeconds: 3, width: 320, height: 240 }],
    ['turned.mp4', { durationSeconds: 3, width: 240, height: 320 }],
    ['cut.mp4', {}],
    ['text.mp3', {}],
  ])('the length and size of %s are in its header', async (name, facts) => {
    expect(await av.inspectVideo(path(name), signal)).toEqual(facts);
  });

  test.each([
    ['song.mp3', 2.011],
    ['voice.ogg', 2],
    ['tone.wav', 2],
  ])('the length of %s is known', async (name, seconds) => {
    expect((await av.inspectAudio(path(name), signal)).durationSeconds).toBeCloseTo(seconds, 2);
  });

  test('there is no picture, no waveform and no conversion', async () => {
    expect(await av.firstFrame(path('wide.mp4'), signal)).toBeUndefined();
    expect(await av.drawWaveform(path('voice.ogg'), signal)).toBeUndefined();
    const failure = await failureOf(av.toOpus(path('song.mp3'), MAX_BYTES, signal));
    expect(failure).toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE', retryable: false });
    expect(await readdir(path('scratch'))).toEqual([]);
  });
});

whenInstalled('with ffmpeg', () => {
  let av: AvPipeline;
  beforeAll(() => {
    av = pipeline('ffmpeg');
    const picture = ['-f', 'lavfi', '-i', 'testsrc=size=64x48:rate=5', '-t', '1', '-pix_fmt', 'yuv420p'];
    spawnSync('ffmpeg', ['-v', 'error', ...picture, path('real.mp4')]);
    spawnSync('ffmpeg', ['-v', 'error', ...picture, '-c:v', 'mpeg4', path('real.avi')]);
  });

  test('a video has a first picture and, whatever its container, a size and a length', async () => {
    const frame = await av.firstFrame(path('real.mp4'), signal);
    expect(frame?.subarray(1, 4).toString()).toBe('PNG');
    expect(await av.inspectVideo(path('real.avi'), signal)).toEqual({ durationSeconds: 1, width: 64, height: 48 });
  });

  test('audio becomes Ogg/Opus of the same length, and its file goes when it is released', async () => {
    const voice = await av.toOpus(path('tone.wav'), MAX_BYTES, signal);
    expect((await sniffFile(voice.path))?.mimeType).toBe('audio/ogg; codecs=opus');
    expect((await av.inspectAudio(voice.path, signal)).durationSeconds).toBeCloseTo(2, 1);
    await voice.release();
    expect(await readdir(path('scratch'))).toEqual([]);
  });

  test('a waveform has 64 bars and rises with the sound', async () => {
    const bars = [...((await av.drawWaveform(path('tone.wav'), signal)) ?? [])];
    expect(bars).toHaveLength(64);
    expect(bars).toEqual([...bars].sort((a, b) => a - b));
    expect([bars[0], bars[63]]).toEqual([0, 100]);
    expect([...((await av.drawWaveform(path('voice.ogg'), signal)) ?? [])]).toEqual(
      Array.from({ length: 64 }, () => 0),
    );
  });

  test('what is no sound cannot be converted, and what becomes too large is not', async () => {
    expect(await failureOf(av.toOpus(path('text.mp3'), MAX_BYTES, signal))).toMatchObject({ code: 'MEDIA_INVALID' });
    expect(await failureOf(av.toOpus(path('tone.wav'), 1_000, signal))).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(await readdir(path('scratch'))).toEqual([]);
  });

  test('a playlist does not make it read another file', async () => {
    await write(
      'list.m3u8',
      `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile:${path('tone.wav')}\n#EXT-X-ENDLIST\n`,
    );
    expect(await av.inspectVideo(path('list.m3u8'), signal)).toEqual({});
    await write('list.txt', `ffconcat version 1.0\nfile '${path('tone.wav')}'\n`);
    expect(await failureOf(av.toOpus(path('list.txt'), MAX_BYTES, signal))).toMatchObject({ code: 'MEDIA_INVALID' });
  });
});

describe('a program that', () => {
  const program = async (name: string, script: string): Promise<string> => {
    await write(name, `#!/bin/sh\n${script}\n`);
    await chmod(path(name), 0o755);
    return path(name);
  };

  test('never ends is killed when its time is over', async () => {
    const av = pipeline(await program('hangs', 'exec sleep 600'), 300);
    const started = Date.now();
    expect(await av.firstFrame(path('wide.mp4'), signal)).toBeUndefined();
    const failure = await failureOf(av.toOpus(path('tone.wav'), MAX_BYTES, signal));
    expect(failure).toMatchObject({ code: 'MEDIA_INVALID', retryable: true });
    expect(Date.now() - started).toBeLessThan(10_000);
    expect(await readdir(path('scratch'))).toEqual([]);
  });

  test('writes without end is killed at the limit', async () => {
    const av = pipeline(await program('floods', 'exec cat /dev/zero'));
    expect(await av.firstFrame(path('wide.mp4'), signal)).toBeUndefined();
    const failure = await failureOf(av.toOpus(path('tone.wav'), MAX_BYTES, signal));
    expect(failure).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(await readdir(path('scratch'))).toEqual([]);
  });

  test('is killed when nobody wants it any more', async () => {
    const av = pipeline(await program('waits', `echo $$ > "${path('pid')}"; exec sleep 600`), 60_000);
    const released = new AbortController();
    const frame = av.firstFrame(path('wide.mp4'), released.signal);
    const pid = await eventually('it runs', async () => Number(await readFile(path('pid'), 'utf8').catch(() => '')));
    released.abort();
    expect(await frame).toBeUndefined();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  test('looks at its environment finds nothing of ours', async () => {
    process.env['POMBO_TEST_SECRET'] = 'hush';
    const av = pipeline(await program('looks', `env > "${path('env')}"; exit 1`));
    expect(await av.firstFrame(path('wide.mp4'), signal)).toBeUndefined();
    delete process.env['POMBO_TEST_SECRET'];
    const { stdout } = spawnSync('cat', [path('env')]);
    expect(stdout.toString()).toContain('PATH=');
    expect(stdout.toString()).not.toContain('hush');
  });
});
