/** What a worker does with sound and video where ffmpeg is installed; nothing of it is needed elsewhere. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeWav } from '@pombo/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ApiClient } from './harness/api-client.js';
import { startStack, type Stack } from './harness/stack.js';

const whenInstalled = spawnSync('ffmpeg', ['-version']).status === 0 ? describe : describe.skip;

whenInstalled('with ffmpeg', () => {
  let stack: Stack;
  let api: ApiClient;

  beforeAll(async () => {
    stack = await startStack();
    api = await stack.startIngress();
    const device = await stack.addPairedDevice();
    await stack.startWorker();
    await stack.whenConnected(device.deviceId);
  });
  afterAll(() => stack.close());

  const receivedBy = async (number: string) =>
    (await stack.sandbox.recipient(number, { withMediaBytes: true })).messages[0];

  test('any audio becomes a voice note in Ogg/Opus, with its length and its waveform', async () => {
    const number = '5511944440001';
    const wav = makeWav(2);
    const body = { number, audio: wav.toString('base64'), ptt: true };
    const answer = await api.post('/send/audio', body, { prefer: 'wait=30' });
    expect(answer.body['metadata']).toMatchObject({
      ...{ audio_size_bytes: wav.length, audio_format: 'audio/wav', delivered_format: 'audio/ogg; codecs=opus' },
      duration_seconds: expect.closeTo(2, 1),
      waveform_included: true,
    });
    const received = await receivedBy(number);
    const { audioMessage } = received?.message as { audioMessage: { waveform: string } };
    expect(audioMessage).toMatchObject({ mimetype: 'audio/ogg; codecs=opus', ptt: true, seconds: 2 });
    const waveform = [...Buffer.from(audioMessage.waveform, 'base64')];
    expect([waveform.length, waveform[0], waveform[63]]).toEqual([64, 0, 100]);
    expect(received?.media).toMatchObject({ ok: true });
    expect(Buffer.from(received?.media?.bytesBase64 ?? '', 'base64').toString('latin1', 0, 4)).toBe('OggS');
    expect(await readdir(join(stack.config.MEDIA_DIR, 'scratch'))).toEqual([]);
  });

  test('a video goes as it is, with its first picture as the thumbnail', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'pombo-video-'));
    const path = join(dir, 'test.mp4');
    const source = ['-f', 'lavfi', '-i', 'testsrc=size=160x120:rate=5', '-t', '1', '-pix_fmt', 'yuv420p'];
    expect(spawnSync('ffmpeg', ['-v', 'error', ...source, path]).status).toBe(0);
    const video = await readFile(path);
    await rm(dir, { recursive: true });

    const number = '5511944440002';
    const body = { number, video: video.toString('base64'), viewOnce: true };
    const answer = await api.post('/send/video', body, { prefer: 'wait=30' });
    expect(answer.body['metadata']).toMatchObject({
      ...{ width: 160, height: 120, duration_seconds: 1, view_once_enabled: true },
      thumbnail_included: true,
    });
    const received = await receivedBy(number);
    expect(received?.message).toMatchObject({
      viewOnceMessage: {
        message: {
          videoMessage: {
            ...{ seconds: 1, width: 160, height: 120, viewOnce: true },
            fileSha256: createHash('sha256').update(video).digest('base64'),
            jpegThumbnail: expect.stringMatching(/^\/9j\//) as unknown,
          },
        },
      },
    });
  });
});
