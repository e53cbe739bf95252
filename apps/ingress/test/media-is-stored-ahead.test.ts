/** `POST /media`, and `media_id` wherever a message carries media. */
import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { createDirectoryBlobStore, removeOlderThan } from '@pombo/media';
import { DAY } from '@pombo/runtime';
import { eventually, makeMp3 } from '@pombo/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { requireDocumented } from './documented-answer.js';
import { createTenant, type Harness, NUMBER, openHarness } from './ingress-harness.js';
import { PNG_BASE64 } from './sample-png.js';

const PNG = Buffer.from(PNG_BASE64, 'base64');
const LIMIT = 100_000;
const SETTINGS = {
  MEDIA_MAX_IMAGE_BYTES: '5000',
  MEDIA_MAX_STICKER_BYTES: '5000',
  MEDIA_MAX_VIDEO_BYTES: String(LIMIT),
  MEDIA_MAX_AUDIO_BYTES: String(LIMIT),
  MEDIA_MAX_DOCUMENT_BYTES: String(LIMIT),
};

let harness: Harness;
beforeAll(async () => {
  harness = await openHarness({ settings: SETTINGS });
});
afterAll(() => harness.close());

type Body = NonNullable<RequestInit['body']>;

interface Uploaded {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function upload(body: Body, headers: Record<string, string> = {}, token = harness.token): Promise<Uploaded> {
  const authorization = `Bearer ${token}`;
  const response = await fetch(`${harness.url}/media`, {
    method: 'POST',
    headers: { authorization, ...headers },
    body,
  });
  const answer = { status: response.status, body: (await response.json()) as Record<string, unknown> };
  requireDocumented('POST', '/media', answer);
  return answer;
}

function formOf(...parts: Array<readonly [name: string, content: Buffer | string]>): FormData {
  const form = new FormData();
  for (const [name, content] of parts) {
    if (typeof content === 'string') form.append(name, content);
    else form.append(name, new Blob([new Uint8Array(content)]), 'pigeon.png');
  }
  return form;
}

const idOf = async (body: Body, token?: string): Promise<string> =>
  String((await upload(body, {}, token)).body['media_id']);
const bytesOf = (content: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(content);
const storedFiles = async (): Promise<string[]> =>
  (await readdir(harness.mediaDir, { recursive: true })).filter((name) => /[0-9a-f]{64}$/.test(name));

describe('a file is stored, and known by its content', () => {
  const expected = {
    success: true,
    media_id: expect.stringMatching(/^med_[0-9a-f]{32}$/),
    sha256: createHash('sha256').update(PNG).digest('hex'),
    mime_type: 'image/png',
    size_bytes: PNG.length,
  };

  test.each<[string, () => Body, Record<string, string>]>([
    ['as the body', () => bytesOf(PNG), { 'content-type': 'image/png' }],
    ['as a body of a type it is not', () => bytesOf(PNG), { 'content-type': 'video/mp4' }],
    ['as a body of no type', () => new Blob([bytesOf(PNG)]), {}],
    ['in a form', () => formOf(['file', PNG]), {}],
    ['in a form, under another name and among other things', () => formOf(['note', 'hi'], ['photo', PNG]), {}],
  ])('%s', async (_how, body, headers) => {
    const { status, body: answer } = await upload(body(), headers);
    expect(status).toBe(201);
    expect(answer).toMatchObject(expected);
    const left = Date.parse(String(answer['expires_at'])) - Date.now();
    expect(left).toBeGreaterThan(7 * DAY - 60_000);
    expect(left).toBeLessThanOrEqual(7 * DAY);
  });

  test('once, however often it comes', async () => {
    const content = randomBytes(20_000);
    const before = await storedFiles();
    const ids = await Promise.all([content, content, content].map((same) => idOf(bytesOf(same))));
    expect(new Set(ids).size).toBe(3);
    expect(await storedFiles()).toHaveLength(before.length + 1);
  });

  test('after curl was told to go on', async () => {
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${harness.token}`,
        expect: '100-continue',
        'content-length': PNG.length,
      };
      const asking = httpRequest(`${harness.url}/media`, { method: 'POST', headers }, (response) =>
        resolve(response.resume().statusCode),
      );
      asking.once('continue', () => asking.end(PNG)).once('error', reject);
      asking.flushHeaders();
    });
    expect(answer).toBe(201);
  });
});

describe('refused, with the field and nothing left behind, is', () => {
  const cut = 'multipart/form-data; boundary=x';
  const partOf = (content: string) => `--x\r\ncontent-disposition: form-data; name="f"; filename="f"\r\n\r\n${content}`;

  test.each<[string, () => Body, Record<string, string>, number, string, string]>([
    ['an empty body', () => '', {}, 400, 'VALIDATION_ERROR', 'file'],
    ['an empty file in a form', () => formOf(['file', Buffer.alloc(0)]), {}, 400, 'VALIDATION_ERROR', 'file'],
    ['a form without a file', () => formOf(['file', 'text']), {}, 400, 'VALIDATION_ERROR', 'file'],
    ['a form with two files', () => formOf(['a', PNG], ['b', PNG]), {}, 400, 'VALIDATION_ERROR', 'file'],
    ['a form that is cut off', () => partOf('abc'), { 'content-type': cut }, 400, 'VALIDATION_ERROR', 'file'],
    ['a form that is none', () => 'abc', { 'content-type': cut }, 400, 'VALIDATION_ERROR', 'file'],
    ['a form without a boundary', () => 'abc', { 'content-type': cut.slice(0, 19) }, 400, 'VALIDATION_ERROR', 'file'],
    ['JSON', () => '{"a":1}', { 'content-type': 'application/json' }, 415, 'UNSUPPORTED_MEDIA_TYPE', 'Content-Type'],
    [
      'a web form',
      () => 'a=1',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      'Content-Type',
    ],
    [
      'a compressed body',
      () => bytesOf(PNG),
      { 'content-encoding': 'gzip' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      'Content-Encoding',
    ],
    ['a body above the limit', () => bytesOf(randomBytes(LIMIT + 1)), {}, 413, 'PAYLOAD_TOO_LARGE', 'file'],
    [
      'a file above the limit in a form',
      () => formOf(['f', randomBytes(LIMIT * 20)]),
      {},
      413,
      'PAYLOAD_TOO_LARGE',
      'file',
    ],
  ])('%s', async (_what, body, headers, status, code, field) => {
    const answer = await upload(body(), headers);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ success: false, error_code: code, validation: [{ field }] });
    expect(answer.body).not.toHaveProperty('media_id');
  });

  test('a body of unknown length that turns out too large', async () => {
    const headers = { authorization: `Bearer ${harness.token}`, 'transfer-encoding': 'chunked' };
    const asking = httpRequest(`${harness.url}/media`, { method: 'POST', headers });
    const cut = new Promise((resolve) => asking.on('error', resolve).on('close', resolve));
    const answered = new Promise<number | undefined>((resolve) =>
      asking.once('response', (response) => resolve(response.resume().statusCode)),
    );
    const never = setInterval(() => asking.writable && asking.write(randomBytes(LIMIT / 4)), 5);
    expect(await answered).toBe(413);
    await cut;
    clearInterval(never);
    expect(await readdir(join(harness.mediaDir, 'incoming'))).toEqual([]);
  });

  test('what breaks off in the middle', async () => {
    const asking = httpRequest(`${harness.url}/media`, {
      method: 'POST',
      headers: { authorization: `Bearer ${harness.token}`, 'content-length': LIMIT },
    });
    asking.on('error', () => undefined);
    asking.write(randomBytes(50_000));
    const writing = async () => readdir(join(harness.mediaDir, 'incoming'));
    await eventually('it is being written', async () => (await writing()).length === 1);
    asking.destroy();
    await eventually('it is gone', async () => (await writing()).length === 0);
  });

  test('a stranger’s file, before it is read', async () => {
    const answer = await upload(bytesOf(PNG), {}, 'nonsense');
    expect(answer).toMatchObject({ status: 401 });
  });
});

describe('a message', () => {
  const send = (path: string, media_id: string, fields: Record<string, unknown> = {}, token = harness.token) =>
    harness.call('POST', path, { body: { number: NUMBER, media_id, ...fields }, token: `Bearer ${token}` });

  test('takes stored media by its id, in either spelling, and says where it is', async () => {
    const id = await idOf(bytesOf(PNG));
    const answers = [
      await send('/send/image', id),
      await harness.call('POST', '/send/image', { body: { number: NUMBER, mediaId: id } }),
      await send('/send/sticker', id),
      await send('/send/document', id, { file_name: 'a.png' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    const content = await harness.store.messages.readContent(String(answers[0]?.body['message_id']));
    expect(content).toEqual({ type: 'image', source: { blob: createHash('sha256').update(PNG).digest('hex') } });
  });

  test.each([
    ['/send/audio', () => PNG, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['/send/video', () => PNG, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['/send/image', () => makeMp3(1), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['/send/image', () => Buffer.concat([PNG, randomBytes(6_000)]), 413, 'PAYLOAD_TOO_LARGE'],
  ])('%s refuses what is not for it', async (path, content, status, code) => {
    const answer = await send(path, await idOf(bytesOf(content())));
    expect(answer).toMatchObject({ status, body: { error_code: code, validation: [{ field: 'media_id' }] } });
  });

  test('gets no media of another tenant, none that has expired and none that never was, all alike', async () => {
    const other = await createTenant(harness.store);
    const foreign = await idOf(bytesOf(PNG), other.token);
    const expired = await idOf(bytesOf(PNG));
    await harness.store.redis.del(harness.store.keys.media(harness.tenantId, expired));
    const unknown = `med_${'0'.repeat(32)}`;
    for (const id of [foreign, expired, unknown, 'med_1', '../../etc', 'x:y']) {
      const answer = await send('/send/document', id, { file_name: 'a' });
      expect(answer).toMatchObject({
        status: 404,
        body: { error_code: 'MEDIA_NOT_FOUND', validation: [{ field: 'media_id', value: id }] },
      });
    }
  });

  test('is not accepted when the file behind the id is gone', async () => {
    const content = randomBytes(100);
    const id = await idOf(bytesOf(content));
    const blobs = createDirectoryBlobStore({ dir: harness.mediaDir });
    await blobs.delete(createHash('sha256').update(content).digest('hex'));
    expect(await send('/send/document', id)).toMatchObject({ status: 404, body: { error_code: 'MEDIA_NOT_FOUND' } });
  });

  test('that waits longer than media is kept keeps its own', async () => {
    const [planned, soon, inline] = [randomBytes(100), randomBytes(100), randomBytes(100)];
    const late = { send_at: new Date(Date.now() + 20 * DAY).toISOString() };
    expect((await send('/send/document', await idOf(bytesOf(planned)), late)).status).toBe(202);
    expect((await send('/send/document', await idOf(bytesOf(soon)))).status).toBe(202);
    const document = inline.toString('base64');
    await harness.call('POST', '/send/document', { body: { number: NUMBER, document, file_name: 'a', ...late } });
    const blobs = createDirectoryBlobStore({ dir: harness.mediaDir });
    await removeOlderThan(blobs, 0);
    const has = (content: Buffer) => blobs.has(createHash('sha256').update(content).digest('hex'));
    expect(await Promise.all([planned, soon, inline].map(has))).toEqual([true, false, true]);
  });
});

test('what an id stands for is not in the clear, and goes with its time', async () => {
  const id = await idOf(bytesOf(PNG));
  const { redis, keys, media } = harness.store;
  const key = keys.media(harness.tenantId, id);
  const sealed = await redis.getBuffer(key);
  expect(sealed?.toString('latin1')).not.toContain('image/png');
  expect(await redis.pttl(key)).toBeGreaterThan(6 * DAY);
  expect(await media.read(harness.tenantId, id)).toMatchObject({ mimeType: 'image/png', sizeBytes: PNG.length });
  await redis.pexpire(key, 1);
  await eventually('it is forgotten', async () => (await media.read(harness.tenantId, id)) === undefined);
});
