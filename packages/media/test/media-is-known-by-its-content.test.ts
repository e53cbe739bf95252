import { describe, expect, test } from '@jest/globals';
import { sniffMedia } from '../src/index.js';
import { flat, noise } from './sample-images.js';

const sniffText = async (text: string) => (await sniffMedia(Buffer.from(text)))?.mimeType;

describe('an image', () => {
  test.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)('in %s', async (format) => {
    const bytes = await noise(20, 20)[format]().toBuffer();
    expect((await sniffMedia(bytes))?.mimeType).toBe(`image/${format}`);
  });

  test('cut in the middle is still known', async () => {
    const bytes = await noise(100, 100).jpeg().toBuffer();
    expect(await sniffMedia(bytes.subarray(0, bytes.length / 2))).toEqual({ mimeType: 'image/jpeg', extension: 'jpg' });
  });

  test('with a text inside is an image', async () => {
    const bytes = Buffer.concat([await flat(2, 2).gif().toBuffer(), Buffer.from('<html>')]);
    expect((await sniffMedia(bytes))?.mimeType).toBe('image/gif');
  });
});

describe('a text', () => {
  test.each([
    ['<!DOCTYPE html><html>', 'text/html'],
    ['\uFEFF\r\n  <!doctype HTML>\n<p>Log in', 'text/html'],
    ['<!-- cached --><html lang="en">', 'text/html'],
    ['<HTML><head>', 'text/html'],
    ['<script>location="/"</script>', 'text/html'],
    ['<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/svg+xml'],
    ['<?xml version="1.0"?>\n<!-- x -->\n<svg width="1">', 'image/svg+xml'],
    [
      '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x" [<!ENTITY a "b">]><svg >',
      'image/svg+xml',
    ],
    ['<?xml version="1.0"?><rss><svg/></rss>', 'application/xml'],
    ['{"error": "not found"}', 'application/json'],
    ['[]', 'application/json'],
    ['Not found', 'text/plain'],
    ['não encontrado ✓', 'text/plain'],
    ['<svg/>', 'image/svg+xml'],
    ['<svgx>', 'text/plain'],
    ['<3', 'text/plain'],
    ['<!-- -->'.repeat(500), 'text/plain'],
    [`<!doctype ${' '.repeat(4_000)}`, 'text/html'],
  ])('%j', async (text, mimeType) => {
    expect(await sniffText(text)).toBe(mimeType);
  });

  test('longer than the sample, ending inside a character', async () => {
    expect(await sniffText('é'.repeat(10_000))).toBe('text/plain');
    expect(await sniffText(`x${'é'.repeat(10_000)}`)).toBe('text/plain');
  });
});

describe('documents and sound', () => {
  test('a PDF', async () => {
    expect(await sniffMedia(Buffer.from('%PDF-1.7\n%âãÏÓ\n1 0 obj'))).toEqual({
      mimeType: 'application/pdf',
      extension: 'pdf',
    });
  });

  test('an Ogg voice note', async () => {
    const page = Buffer.from('4f67675300020000000000000000000000000000000000000000011e4f707573486561640101', 'hex');
    expect((await sniffMedia(page))?.mimeType).toMatch(/^audio\/ogg/);
  });
});

describe('what is not known', () => {
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(100)],
    ['binary', Buffer.from([0x01, 0x02, 0xff, 0xfe, 0x00, 0x10])],
    ['a text with a zero in it', Buffer.from('hello\0world')],
    ['bytes that are no UTF-8', Buffer.from([0x68, 0xc3, 0x28, 0x69])],
    ['a container that ends at once', Buffer.from('504b0304', 'hex')],
  ])('%s', async (_what, bytes) => {
    expect([undefined, 'application/zip']).toContain((await sniffMedia(bytes))?.mimeType);
  });
});
