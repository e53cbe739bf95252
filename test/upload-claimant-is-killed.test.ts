/** kill -9 of a worker while it fetches and uploads what others wait for: another one does it, within seconds. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { startChildApp, WORKER } from './harness/child-app.js';
import { makePicture } from './harness/picture.js';
import { type PictureServer, startPictureServer } from './harness/picture-server.js';
import { createTestSender, type TestSender } from './harness/send-jobs.js';
import { startStack, type Stack, type TestDevice } from './harness/stack.js';

let stack: Stack;
let pictures: PictureServer;
let sender: TestSender;
beforeAll(async () => {
  stack = await startStack({ env: { LEASE_TTL_MS: '1500', LEASE_RENEW_MS: '300' } });
  pictures = await startPictureServer(await makePicture());
  stack.onClose(() => pictures.stop());
  sender = createTestSender(stack.store, stack.tenantId);
  stack.onClose(() => sender.close());
});
afterAll(() => stack.close());

const imageFrom = ({ deviceId }: TestDevice, number: string) =>
  sender.send({ deviceId, number, content: { type: 'image', source: { url: pictures.url('/shared.png') } } });

test('its messages and those that waited for its upload are sent, with one upload', async () => {
  const picture = await makePicture(120);
  // The first one to ask never hears anything.
  pictures.answer('/shared.png', (_request, response) => {
    if (pictures.hits('/shared.png') > 1) response.writeHead(200, { 'cache-control': 'max-age=600' }).end(picture);
  });
  const doomed = startChildApp(WORKER, { ...stack.env, WORKER_CAPACITY: '1' });
  const [one] = [await stack.addPairedDevice()];
  await stack.whenConnected(one.deviceId);
  const first = await imageFrom(one, '5511999410001');
  await eventually('it fetches', () => pictures.hits('/shared.png') === 1);

  // The other has room for no more devices than it has.
  await stack.startWorker();
  const other = await stack.addPairedDevice();
  await stack.whenConnected(other.deviceId);
  const second = await imageFrom(other, '5511999410002');
  await stack.whenState(second, 'processing');
  await doomed.kill('SIGKILL');

  expect((await stack.whenState(second, 'delivered', 'failed')).state).toBe('delivered');
  expect((await stack.whenState(first, 'delivered', 'failed')).state).toBe('delivered');
  expect(stack.sandbox.counters().uploads.accepted).toBe(1);
  expect(pictures.hits('/shared.png')).toBe(2);
});
