/** One picture for many: fetched once, prepared once, uploaded once, whatever recipient, device, worker and caption. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import type { ApiClient } from './harness/api-client.js';
import { makePicture } from './harness/picture.js';
import { type PictureServer, startPictureServer } from './harness/picture-server.js';
import { startStack, type Stack, type TestDevice } from './harness/stack.js';

type Json = Record<string, unknown>;

let stack: Stack;
let api: ApiClient;
let pictures: PictureServer;
let devices: TestDevice[];
let hue = 0;

beforeAll(async () => {
  stack = await startStack({ env: { UPLOAD_PROBE_AFTER_MS: '400', MEDIA_URL_FRESH_MS: '300', MEDIA_ATTEMPTS: '2' } });
  pictures = await startPictureServer(await makePicture());
  stack.onClose(() => pictures.stop());
  api = await stack.startIngress();
  devices = [await stack.addPairedDevice(), await stack.addPairedDevice()];
  await Promise.all([stack.startWorker(), stack.startWorker()]);
  await Promise.all(devices.map(({ deviceId }) => stack.whenConnected(deviceId)));
});
afterAll(() => stack.close());
beforeEach(() => stack.sandbox.clearFaults());

const uploads = (): number => stack.sandbox.counters().uploads.accepted;

/** A picture nobody has had yet, behind a URL of its own. @param headers say how long it may be kept. */
async function newPicture(headers: Readonly<Record<string, string>> = { 'cache-control': 'max-age=600' }) {
  hue += 7;
  const bytes = await makePicture(hue);
  const path = `/${hue}.png`;
  pictures.answer(path, (request, response) => {
    const isKnown = headers['etag'] !== undefined && request.headers['if-none-match'] === headers['etag'];
    response.writeHead(isKnown ? 304 : 200, headers).end(isKnown ? undefined : bytes);
  });
  return { path, url: pictures.url(path), bytes };
}

let lastNumber = 5_511_999_300_000;
const nextNumber = (): string => String((lastNumber += 1));

/** @returns the metadata of the answer, and the picture as its recipient decrypted it. */
async function send(body: Json, type = 'image') {
  const number = nextNumber();
  const answer = await api.post(`/send/${type}`, { number, ...body }, { prefer: 'wait=30' });
  expect(answer.body).toMatchObject({ status: 'sent' });
  const { messages } = await stack.sandbox.recipient(number);
  const got = messages[0];
  expect(got?.media).toMatchObject({ ok: true });
  return { metadata: answer.body['metadata'] as Json, got };
}

test('one URL for many recipients on two devices and two workers is one download and one upload', async () => {
  const { path, url } = await newPicture();
  const before = uploads();
  const sent = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      send({ image_url: url, caption: `number ${index}`, device_id: devices[index % 2]?.deviceId }),
    ),
  );
  expect(pictures.hits(path)).toBe(1);
  expect(uploads() - before).toBe(1);
  expect(sent.filter(({ metadata }) => metadata['upload_reused'] === false)).toHaveLength(1);
  const reused = sent.find(({ metadata }) => metadata['upload_reused'] === true);
  expect(reused?.metadata).toMatchObject({ upload_time_ms: 0, download_time_ms: 0, width: 320, height: 200 });
});

test('the same bytes inside a body, from POST /media or to be seen once need no other upload', async () => {
  const { url, bytes } = await newPicture();
  await send({ image_url: url });
  const before = uploads();
  const stored = await api.upload(bytes);
  await send({ image: bytes.toString('base64') });
  await send({ media_id: stored.body['media_id'] });
  const { metadata } = await send({ image: bytes.toString('base64'), viewOnce: true });
  expect(metadata).toMatchObject({ upload_reused: true, view_once_enabled: true });
  expect(uploads()).toBe(before);
});

test('the same file behind many URLs at the same time is uploaded once', async () => {
  const { bytes } = await newPicture();
  const paths = Array.from({ length: 6 }, (_, nth) => `/personal-${hue}.png?reader=${nth}`);
  for (const path of paths) pictures.answer(path, (_request, response) => response.writeHead(200).end(bytes));
  const before = uploads();
  const sent = await Promise.all(
    paths.map((path, index) =>
      send({ image_url: pictures.url(path), device_id: devices[index % devices.length]?.deviceId }),
    ),
  );
  expect(uploads() - before).toBe(1);
  expect(sent.filter(({ metadata }) => metadata['upload_reused'] === false)).toHaveLength(1);
});

test('a picture that changed where its upload is gone is not taken for the one before', async () => {
  const { path, url, bytes } = await newPicture();
  const image = bytes.toString('base64');
  await send({ image_url: url });
  const changed = await makePicture(hue + 3, 64, 48);
  pictures.answer(path, (_request, response) =>
    response.writeHead(200, { 'cache-control': 'max-age=600' }).end(changed),
  );
  await stack.sandbox.forgetMedia();
  // Until somebody looks, the dead link goes out.
  await eventually('the upload is missed', async () => {
    const before = uploads();
    const answer = await api.post('/send/image', { number: nextNumber(), image_url: url }, { prefer: 'wait=30' });
    expect(answer.body).toMatchObject({ status: 'sent' });
    return uploads() > before;
  });
  expect((await send({ image_url: url })).metadata).toMatchObject({ width: 64, height: 48, upload_reused: true });
  expect((await send({ image })).metadata).toMatchObject({ width: 320, height: 200 });
});

test('a host that says nothing of caching is asked again after a while; a changed picture is another one', async () => {
  const { path, url } = await newPicture({});
  await send({ image_url: url });
  const other = await makePicture(300, 200, 320);
  pictures.answer(path, (_request, response) => response.writeHead(200).end(other));
  await eventually('the new picture is sent', async () => {
    const { metadata } = await send({ image_url: url });
    return metadata['width'] === 200 && metadata['upload_reused'] === false;
  });
});

test('what may only be used after asking is asked about, and not downloaded again', async () => {
  const { path, url, bytes } = await newPicture({ 'cache-control': 'no-cache', etag: '"pigeon"' });
  let transfers = 0;
  const serve = { 'cache-control': 'no-cache', etag: '"pigeon"' };
  pictures.answer(path, (request, response) => {
    if (request.headers['if-none-match'] === serve.etag) return response.writeHead(304, serve).end();
    transfers += 1;
    response.writeHead(200, serve).end(bytes);
  });
  const before = uploads();
  for (let nth = 0; nth < 3; nth += 1) await send({ image_url: url });
  expect({ transfers, asked: pictures.hits(path), uploaded: uploads() - before }).toEqual({
    transfers: 1,
    asked: 3,
    uploaded: 1,
  });
});

test('what must not be stored is downloaded for each message, and uploaded once', async () => {
  const { path, url } = await newPicture({ 'cache-control': 'no-store' });
  const before = uploads();
  for (let nth = 0; nth < 2; nth += 1) await send({ image_url: url });
  expect({ downloads: pictures.hits(path), uploaded: uploads() - before }).toEqual({ downloads: 2, uploaded: 1 });
});

test('media that WhatsApp no longer has is noticed before it is sent again', async () => {
  const { bytes } = await newPicture();
  const image = bytes.toString('base64');
  await send({ image });
  await stack.sandbox.forgetMedia();
  await eventually('it is uploaded again', async () => {
    const before = uploads();
    const answer = await api.post('/send/image', { number: nextNumber(), image }, { prefer: 'wait=30' });
    expect(answer.body).toMatchObject({ status: 'sent' });
    return uploads() > before;
  });
  await send({ image });
});

test('a link that ends soon is not used until the end', async () => {
  stack.sandbox.setFaults({ mediaValidityMs: 2_000 });
  const { bytes } = await newPicture();
  const image = bytes.toString('base64');
  const before = uploads();
  // Each recipient could still open it, which `send` insists on.
  await eventually('it is uploaded again', async () => {
    await send({ image });
    return uploads() - before > 1;
  });
});

test('an upload that is refused for a while is tried again, and used for all in the end', async () => {
  const { path, url } = await newPicture();
  stack.sandbox.setFaults({ refuseUploads: { status: 503, first: 1 } });
  const before = uploads();
  const sent = await Promise.all(Array.from({ length: 4 }, () => send({ image_url: url })));
  expect(sent.filter(({ metadata }) => metadata['upload_reused'] === false)).toHaveLength(1);
  expect(uploads() - before).toBe(1);
  // Which is no trouble of the picture’s host.
  expect(pictures.hits(path)).toBe(1);
});

describe('a URL that leads to nothing', () => {
  test.each<[string, string, (path: string) => void]>([
    ['answers 404', 'MEDIA_DOWNLOAD_FAILED', () => undefined],
    [
      'gives no picture',
      'MEDIA_INVALID',
      (path) => pictures.answer(path, (_request, response) => response.writeHead(200).end('no picture at all')),
    ],
  ])(
    'and %s is asked once, for those that come a moment later and those of other workers too',
    async (_how, code, set) => {
      const path = `/nothing-${code}.png`;
      set(path);
      const failed = async (device?: TestDevice) => {
        const body = { number: nextNumber(), image_url: pictures.url(path), device_id: device?.deviceId };
        const answer = await api.post('/send/image', body, { prefer: 'wait=30' });
        expect(answer).toMatchObject({ status: 422, body: { error_code: code } });
        return String(answer.body['error']);
      };
      await Promise.all(Array.from({ length: 6 }, (_, nth) => failed(devices[nth % 2])));
      for (const device of devices) expect(await failed(device)).toContain('s ago');
      expect(pictures.hits(path)).toBe(1);
    },
  );

  test('for now only is asked again by each message, as is one that fails for another reason', async () => {
    const path = '/busy.png';
    const bytes = await makePicture(11);
    let answered = 0;
    pictures.answer(path, (_request, response) => {
      answered += 1;
      if (answered > 2) response.writeHead(200).end(bytes);
      else response.writeHead(503).end();
    });
    // Both of its tries fail.
    const refused = await api.post(
      '/send/image',
      { number: nextNumber(), image_url: pictures.url(path) },
      { prefer: 'wait=30' },
    );
    expect(refused.body).toMatchObject({ error_code: 'MEDIA_DOWNLOAD_FAILED' });
    await send({ image_url: pictures.url(path) });
    expect(answered).toBe(3);
  });
});

test('a thumbnail of the client’s own is fetched once for many documents', async () => {
  const { path, url } = await newPicture();
  const document = Buffer.from('%PDF-1.4 a letter').toString('base64');
  for (let nth = 0; nth < 3; nth += 1) {
    const { got } = await send({ document, file_name: `${nth}.pdf`, thumbnail_url: url }, 'document');
    expect(got?.message).toHaveProperty('documentMessage.jpegThumbnail');
  }
  expect(pictures.hits(path)).toBe(1);
});

test('nothing of an upload lies in Redis in the clear', async () => {
  const { url } = await newPicture();
  const { got } = await send({ image_url: url });
  const { directPath } = (got?.message as { imageMessage: { directPath: string } }).imageMessage;
  const keys = await stack.store.redis.keys(`${stack.store.keys.reusable(stack.tenantId, '')}*`);
  expect(keys.length).toBeGreaterThan(0);
  for (const key of keys) {
    const stored = await stack.store.redis.getBuffer(key);
    expect(stored?.includes(directPath)).toBe(false);
    expect(stored?.includes(url)).toBe(false);
  }
});
