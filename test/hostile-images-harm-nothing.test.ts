import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeHostileImages } from '@pombo/testing';
import sharp from 'sharp';
import { makePicture } from './harness/picture.js';
import { type PictureServer, startPictureServer } from './harness/picture-server.js';
import { createTestSender } from './harness/send-jobs.js';
import { startStack, type Stack } from './harness/stack.js';

let stack: Stack;
let server: PictureServer;
let bait: PictureServer;

beforeAll(async () => {
  stack = await startStack({ env: { LEASE_TTL_MS: '30000', LEASE_RENEW_MS: '5000' } });
  server = await startPictureServer(await makePicture());
  bait = await startPictureServer(Buffer.alloc(0));
  stack.onClose(() => server.stop());
  stack.onClose(() => bait.stop());
});
afterAll(() => stack.close());

test('every one ends as a send or a typed error, nothing it names is fetched, and what follows is sent', async () => {
  const sender = createTestSender(stack.store, stack.tenantId);
  stack.onClose(() => sender.close());
  const { deviceId } = await stack.addPairedDevice();
  await stack.startWorker();
  await stack.whenConnected(deviceId);
  const red = sharp({ create: { width: 60, height: 40, channels: 3, background: 'red' } });
  const CMYK = await red.clone().toColourspace('cmyk').jpeg().toBuffer();
  const RGB = await red.clone().jpeg().toBuffer();
  const images = [...makeHostileImages(bait.url(''), { CMYK, RGB }), { name: 'CMYK', bytes: CMYK }];

  const send = (path: string, index: number) =>
    sender.send({
      deviceId,
      number: `5511988${String(index).padStart(6, '0')}`,
      content: { type: 'image', source: { url: server.url(path) } },
    });
  const ids = await Promise.all(
    images.map(({ bytes }, index) => {
      // Called what it is not, by name and by header.
      server.answer(`/${index}.jpg`, (_request, response) =>
        response.writeHead(200, { 'content-type': 'image/jpeg' }).end(bytes),
      );
      return send(`/${index}.jpg`, index);
    }),
  );
  const outcomes = await Promise.all(ids.map((id) => stack.whenState(id, 'delivered', 'failed')));
  const unclear = outcomes.flatMap(({ state, errorCode }, index) =>
    state === 'delivered' || errorCode === 'MEDIA_INVALID' ? [] : [[images[index]?.name, state, errorCode]],
  );
  expect(unclear).toEqual([]);
  const failed = outcomes.flatMap(({ state }, index) => (state === 'failed' ? [images[index]?.name] : []));
  expect(failed).toEqual(
    expect.arrayContaining(['zero bytes', 'PNG of 30000 × 30000, there', 'CMYK JPEG cut off', 'RGB JPEG cut off']),
  );
  for (const name of ['CMYK', 'RGB JPEG of a hundred EXIFs', 'RGB JPEG that is a ZIP too']) {
    expect(failed).not.toContain(name);
  }
  for (const path of ['/a.png', '/b.png', '/a.css', '/a.svg', '/entity', '/svg.dtd']) expect(bait.hits(path)).toBe(0);

  const last = await send('/picture.png', 999_999);
  expect((await stack.whenState(last, 'delivered', 'failed')).state).toBe('delivered');
  expect(stack.sandbox.counters().connections).toMatchObject({ opened: 1, closed: 0 });
}, 180_000);
