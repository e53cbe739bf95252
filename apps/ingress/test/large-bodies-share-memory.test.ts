import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createBodyBuffers } from '../src/http/body-buffers.js';
import { type Harness, openHarness } from './ingress-harness.js';
import { PNG_BASE64 } from './sample-png.js';

let harness: Harness;
beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());

const PNG = Buffer.from(PNG_BASE64, 'base64');
/** Nobody looks behind the end of a picture. */
const pictureOf = (sizeBytes: number): Buffer => Buffer.concat([PNG, randomBytes(sizeBytes)]);

async function storedFor(messageId: string): Promise<Buffer> {
  const content = await harness.store.messages.readContent(messageId);
  const source = content && 'source' in content ? content.source : undefined;
  const blob = source && 'blob' in source ? source.blob : '';
  return readFile(join(harness.mediaDir, blob.slice(0, 2), blob));
}

test('pictures are stored as they were sent, however many come at once, good ones among bad ones', async () => {
  const sizes = [60_000, 100_000, 200_000, 200_001, 400_000];
  for (let round = 0; round < 3; round += 1) {
    const pictures = [...sizes, ...sizes].map(pictureOf);
    const bad = sizes.map((size) => `${pictureOf(size).toString('base64')}!`);
    const refused = bad.map((image) => harness.sendImage({ image_url: undefined, image }));
    const accepted = await Promise.all(
      pictures.map((picture) => harness.sendImage({ image_url: undefined, image: picture.toString('base64') })),
    );
    for (const { status } of await Promise.all(refused)) expect(status).toBe(400);
    const stored = await Promise.all(accepted.map(({ body }) => storedFor(String(body['message_id']))));
    for (const [place, picture] of pictures.entries()) expect(stored[place]?.equals(picture)).toBe(true);
  }
});

test('memory that is given back is taken again, and no more is kept than was allowed', () => {
  const buffers = createBodyBuffers(300_000);
  const first = buffers.take(100_000);
  const second = buffers.take(100_000);
  const third = buffers.take(100_000);
  expect(first.length).toBeGreaterThanOrEqual(100_000);
  expect(second).not.toBe(first);
  for (const buffer of [first, second, third]) buffers.giveBack(buffer);
  expect(buffers.take(120_000)).toBe(second);
  expect(buffers.take(66_000)).toBe(first);
  expect(buffers.take(100_000)).not.toBe(third);
});
