import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { createImagePipeline, createPdfReader } from '../src/index.js';
import { makePdf } from '@pombo/testing';

const pdfs = createPdfReader();
const unhindered = new AbortController().signal;
let folder: string;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pombo-pdf-'));
  path = join(folder, 'file.pdf');
});
afterAll(() => rm(folder, { recursive: true }));

async function read(pdf: Buffer, reader = pdfs) {
  await writeFile(path, pdf);
  return reader.readPdf(path, unhindered);
}

test('pages are counted and the first is drawn', async () => {
  const { pages, firstPage } = await read(makePdf({ pages: 7 }));
  expect(pages).toBe(7);
  expect(firstPage).toMatchObject({ width: 144, height: 203, channels: 4 });
  if (!firstPage) throw new Error('the first page was not drawn');
  const thumbnail = await createImagePipeline().createThumbnailOf(firstPage);
  expect(thumbnail.length).toBeLessThan(5_000);
  expect(await sharp(thumbnail).metadata()).toMatchObject({ format: 'jpeg', width: 72, height: 102 });
  const { dominant } = await sharp(thumbnail).stats();
  expect(dominant.r).toBeGreaterThan(200);
  expect(dominant.g).toBeLessThan(60);
});

describe('a hostile PDF', () => {
  test.each([
    ['that is none', Buffer.from('%PDF-1.4\n%%EOF')],
    ['that is empty', Buffer.alloc(0)],
    ['that is cut off in the middle', makePdf({ pages: 3 }).subarray(0, 60)],
    ['of noise', Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(100_000, 0xa5)])],
  ])('%s shows nothing', async (_what, pdf) => {
    expect(await read(pdf)).toEqual({});
  });

  test('with a page as large as a field is drawn small', async () => {
    const { firstPage } = await read(makePdf({ width: 1_000_000, height: 1_000_000 }));
    expect(firstPage).toMatchObject({ width: 144, height: 144 });
  });

  test('that takes for ever is given up', async () => {
    const nested = Array.from({ length: 1_000_000 }, (_, i) => `${i % 200} 0 m 0 ${i % 290} 210 297 9 9 c S`).join(
      '\n',
    );
    const hurried = createPdfReader({ timeoutMs: 1_500 });
    expect((await read(makePdf({ content: nested }), hurried)).firstPage).toBeUndefined();
  });

  test('that is very large is not looked into', async () => {
    await writeFile(path, makePdf());
    await truncate(path, 33 * 1024 * 1024);
    expect(await pdfs.readPdf(path, unhindered)).toEqual({});
  });
});

test('who no longer needs it is told so', async () => {
  await writeFile(path, makePdf());
  await expect(pdfs.readPdf(path, AbortSignal.abort(new Error('given up')))).rejects.toThrow('given up');
});
