import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { PomboError } from '@pombo/contracts';
import type { UploadedMedia } from '@pombo/whatsapp';
import { failureOf } from './failure-of.js';
import { createScene, freshId, freshNumber, jidOf, type TestSession } from './scene.js';

const scene = createScene();
let device: TestSession;
beforeAll(async () => {
  device = await scene.device({ kept: true });
});
beforeEach(() => scene.sandbox.resetCounters());

const MEDIA_CONN = 'set w:m media_conn';
const bytes = randomBytes(50_000);
const sha256 = (data: Buffer): Buffer => createHash('sha256').update(data).digest();

const imageOf = (upload: UploadedMedia) => ({
  imageMessage: { ...upload, mimetype: 'image/jpeg', width: 64, height: 48 },
});

test('what was uploaded once serves several recipients, who verify both hashes', async () => {
  const upload = await device.session.upload(bytes, 'image');
  expect(upload.fileSha256.equals(sha256(bytes))).toBe(true);
  expect(upload.fileLength).toBe(bytes.length);
  expect(Math.abs((upload.mediaKeyTimestamp ?? 0) - Date.now() / 1000)).toBeLessThan(60);
  for (const number of [freshNumber(), freshNumber()]) {
    const id = freshId();
    await device.session.send({ id, jid: jidOf(number), message: imageOf(upload) });
    await scene.received(number, id);
    const { messages } = await scene.sandbox.recipient(number, { withMediaBytes: true });
    expect(messages[0]?.media).toMatchObject({ ok: true });
    expect(Buffer.from(messages[0]?.media?.bytesBase64 ?? '', 'base64').equals(bytes)).toBe(true);
  }
  expect(scene.sandbox.counters().uploads).toMatchObject({ accepted: 1, refused: 0 });
});

test('what is too large to be encrypted in memory reaches its recipient, too', async () => {
  const large = randomBytes(1024 * 1024 + 1);
  const upload = await device.session.upload(large, 'image');
  const [id, number] = [freshId(), freshNumber()];
  await device.session.send({ id, jid: jidOf(number), message: imageOf(upload) });
  await scene.received(number, id);
  const { messages } = await scene.sandbox.recipient(number);
  expect(messages[0]?.media).toMatchObject({ ok: true });
});

test('an upload the media host fails on once is tried again at once', async () => {
  scene.sandbox.setFaults({ refuseUploads: { status: 500, first: 1 } });
  await device.session.upload(bytes, 'image');
  expect(scene.sandbox.counters().uploads).toMatchObject({ accepted: 1, refused: 1 });
});

test('an upload the media host keeps failing on may be tried again later', async () => {
  scene.sandbox.setFaults({ refuseUploads: { status: 500, first: 2 } });
  const failure = await failureOf(device.session.upload(bytes, 'image'));
  expect(failure).toBeInstanceOf(PomboError);
  expect(failure).toMatchObject({ code: 'UPLOAD_FAILED', retryable: true });
  await device.session.upload(bytes, 'image');
});

test.each([401, 403])('an authorisation refused with %i is renewed', async (status) => {
  await device.session.upload(bytes, 'image');
  scene.sandbox.resetCounters();
  scene.sandbox.setFaults({ refuseUploads: { status, first: 1 } });
  await device.session.upload(bytes, 'image');
  expect(scene.sandbox.counters()).toMatchObject({ iqs: { [MEDIA_CONN]: 1 }, uploads: { accepted: 1, refused: 1 } });
});

test('a request the media host calls wrong is not repeated', async () => {
  scene.sandbox.setFaults({ refuseUploads: { status: 400 } });
  const failure = await failureOf(device.session.upload(bytes, 'image'));
  expect(failure).toMatchObject({ code: 'UPLOAD_FAILED', retryable: false });
  expect(scene.sandbox.counters().uploads.refused).toBe(1);
});

test('an upload that takes too long fails in time and may be tried again', async () => {
  const hasty = await scene.device({ uploadTimeoutMs: 200 });
  scene.sandbox.setFaults({ slowUploadsMs: 2_000 });
  const begun = Date.now();
  const failure = await failureOf(hasty.session.upload(bytes, 'image'));
  expect(failure).toMatchObject({ code: 'UPLOAD_FAILED', retryable: true });
  expect(Date.now() - begun).toBeLessThan(1_900);
});

test('uploads leave no encrypted copies on the disk', async () => {
  const copies = async () =>
    (await readdir(tmpdir())).filter((name) => name.startsWith('image') && name.endsWith('-enc'));
  const before = await copies();
  await device.session.upload(bytes, 'image');
  scene.sandbox.setFaults({ refuseUploads: { status: 400 } });
  await failureOf(device.session.upload(bytes, 'image'));
  expect((await copies()).filter((name) => !before.includes(name))).toEqual([]);
});
