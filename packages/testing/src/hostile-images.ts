/**
 * Pictures as an enemy or an accident makes them, each cheap to make whatever it declares. Every one ends as a clean send or
 * as `MEDIA_INVALID`.
 */
import { crc32, deflateSync } from 'node:zlib';

export interface HostileImage {
  readonly name: string;
  readonly bytes: Buffer;
}

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const TINY_GIF_FRAME = Buffer.from('2c0000000001000100000202440100', 'hex');

function pngChunk(type: string, data: Buffer = Buffer.alloc(0)): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8 + typed.length);
  frame.writeUInt32BE(data.length, 0);
  frame.set(typed, 4);
  frame.writeUInt32BE(crc32(typed), 4 + typed.length);
  return frame;
}

/** Grey, whole, and as small as deflate makes nothing at all. */
function emptyPng(width: number, height: number, depth: 1 | 8 | 16 = 8, extra: readonly Buffer[] = []): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = depth;
  const rows = deflateSync(Buffer.alloc((1 + Math.ceil((width * depth) / 8)) * height), { level: 1 });
  const chunks = [pngChunk('IHDR', header), ...extra, pngChunk('IDAT', rows), pngChunk('IEND')];
  return Buffer.concat([PNG_SIGNATURE, ...chunks]);
}

/** Declares any size, holds nothing. */
function hollowPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6], 8);
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(Buffer.alloc(64))),
    pngChunk('IEND'),
  ]);
}

function gif(frames: number, width = 1, height = 1): Buffer {
  const head = Buffer.from('474946383961000000008000000000ffffff', 'hex');
  head.writeUInt16LE(width, 6);
  head.writeUInt16LE(height, 8);
  const body = Array.from({ length: frames }, () => TINY_GIF_FRAME);
  return Buffer.concat([head.subarray(0, 13), Buffer.from('000000ffffff', 'hex'), ...body, Buffer.from([0x3b])]);
}

/** One grey pixel a page. */
function tiff(pages: number, width = 1, height = 1): Buffer {
  const tags = [
    [256, width],
    [257, height],
    [258, 8],
    [259, 1],
    [262, 1],
    [273, 8],
    [277, 1],
    [278, height],
    [279, width * height],
  ] as const;
  const directoryBytes = 2 + tags.length * 12 + 4;
  const bytes = Buffer.alloc(12 + pages * directoryBytes);
  bytes.write('II*\0', 'latin1');
  bytes.writeUInt32LE(12, 4);
  for (let page = 0; page < pages; page += 1) {
    const from = 12 + page * directoryBytes;
    bytes.writeUInt16LE(tags.length, from);
    tags.forEach(([tag, value], index) => {
      const at = from + 2 + index * 12;
      bytes.writeUInt16LE(tag, at);
      bytes.writeUInt16LE(4, at + 2);
      bytes.writeUInt32LE(1, at + 4);
      bytes.writeUInt32LE(value, at + 8);
    });
    if (page < pages - 1) bytes.writeUInt32LE(from + directoryBytes, from + directoryBytes - 4);
  }
  return bytes;
}

/** EXIF whose directory points far outside, and one that points at itself. */
function withBrokenExif(jpeg: Buffer, offset: number): Buffer {
  const exif = Buffer.from('457869660000' + '4d4d002a' + '00000000' + '0001' + '8769000400000001' + '00000008', 'hex');
  exif.writeUInt32BE(offset, 10);
  const segment = Buffer.alloc(4);
  segment.set([0xff, 0xe1]);
  segment.writeUInt16BE(exif.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), segment, exif, jpeg.subarray(2)]);
}

/** Its first segment says that it is longer than all there is. */
function withLyingSegment(jpeg: Buffer): Buffer {
  const segment = Buffer.from('ffe1fffe' + '457869660000' + '4d4d002a00000008', 'hex');
  return Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
}

function withManySegments(jpeg: Buffer, count: number): Buffer {
  const empty = Buffer.from('ffe10010' + '457869660000' + '4d4d002a' + '00000008', 'hex');
  return Buffer.concat([jpeg.subarray(0, 2), ...Array.from({ length: count }, () => empty), jpeg.subarray(2)]);
}

const svg = (inside: string, size = 'width="40" height="40"', doctype = ''): Buffer =>
  Buffer.from(
    `<?xml version="1.0"?>${doctype}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${size}>${inside}</svg>`,
  );

const LAUGHS =
  '<!DOCTYPE svg [<!ENTITY a "ha">' +
  Array.from({ length: 9 }, (_, i) => {
    const [name, of] = ['bcdefghij'[i], 'abcdefghi'[i]];
    return `<!ENTITY ${name} "${`&${of};`.repeat(10)}">`;
  }).join('') +
  ']>';

function drawings(bait: string): HostileImage[] {
  const rectangle = '<rect width="40" height="40" fill="red"/>';
  return [
    {
      name: 'SVG that refers to pictures elsewhere',
      bytes: svg(`<image xlink:href="${bait}/a.png" href="${bait}/b.png" width="9" height="9"/>`),
    },
    {
      name: 'SVG that refers to a style sheet elsewhere',
      bytes: svg(`<style>@import url("${bait}/a.css");</style>${rectangle}`),
    },
    { name: 'SVG that refers to a use elsewhere', bytes: svg(`<use xlink:href="${bait}/a.svg#b"/>${rectangle}`) },
    { name: 'SVG that refers to a file', bytes: svg(`<image href="file:///etc/passwd" width="9" height="9"/>`) },
    {
      name: 'SVG with an entity elsewhere',
      bytes: svg('<text>&x;</text>', undefined, `<!DOCTYPE svg [<!ENTITY x SYSTEM "${bait}/entity">]>`),
    },
    {
      name: 'SVG with a DTD elsewhere',
      bytes: svg(rectangle, undefined, `<!DOCTYPE svg SYSTEM "${bait}/svg.dtd">`),
    },
    { name: 'SVG of a billion laughs', bytes: svg('<text>&j;</text>', undefined, LAUGHS) },
    { name: 'SVG of a million by a million', bytes: svg(rectangle, 'width="1000000" height="1000000"') },
    { name: 'SVG without a size', bytes: svg(rectangle, '') },
    { name: 'SVG that never ends', bytes: svg('<g>'.repeat(50_000)) },
  ];
}

function damagedJpegs(kind: string, jpeg: Buffer): HostileImage[] {
  const zip = Buffer.from('504b0304140000000000', 'hex');
  return [
    { name: `${kind} JPEG cut off`, bytes: jpeg.subarray(0, jpeg.length / 2) },
    { name: `${kind} JPEG header alone`, bytes: jpeg.subarray(0, 20) },
    { name: `${kind} JPEG with its EXIF far outside`, bytes: withBrokenExif(jpeg, 0x7fffffff) },
    { name: `${kind} JPEG with its EXIF in a circle`, bytes: withBrokenExif(jpeg, 8) },
    { name: `${kind} JPEG with an EXIF longer than the file`, bytes: withLyingSegment(jpeg) },
    { name: `${kind} JPEG of a hundred EXIFs`, bytes: withManySegments(jpeg, 100) },
    { name: `${kind} JPEG that is a ZIP too`, bytes: Buffer.concat([jpeg, zip]) },
    { name: `${kind} JPEG that is a page too`, bytes: Buffer.concat([jpeg, Buffer.from('<script>alert(1)</script>')]) },
  ];
}

/**
 * @param bait - URL of a host that counts who comes
 * @param jpegs - whole ones, upright, to be damaged. One that passes as it is goes another way than one that is converted.
 */
export function makeHostileImages(bait: string, jpegs: Readonly<Record<string, Buffer>>): readonly HostileImage[] {
  const bomb = pngChunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0'), deflateSync(Buffer.alloc(50_000_000))]));
  return [
    { name: 'zero bytes', bytes: Buffer.alloc(0) },
    { name: 'one byte', bytes: Buffer.from([0xff]) },
    { name: 'a megabyte of zeros', bytes: Buffer.alloc(1_000_000) },
    { name: 'PNG of 1 × 100000', bytes: emptyPng(1, 100_000) },
    { name: 'PNG of 100000 × 1', bytes: emptyPng(100_000, 1) },
    { name: 'PNG of 30000 × 30000, declared', bytes: hollowPng(30_000, 30_000) },
    { name: 'PNG of 30000 × 30000, there', bytes: emptyPng(30_000, 30_000, 1) },
    { name: 'PNG as large as the format lets it', bytes: hollowPng(2 ** 31 - 1, 2 ** 31 - 1) },
    { name: 'PNG of 8000 × 8000, the limit', bytes: emptyPng(8_000, 8_000, 1) },
    { name: 'PNG of 16 bits', bytes: emptyPng(64, 64, 16) },
    { name: 'PNG with a text that inflates to 50 MB', bytes: emptyPng(64, 64, 8, [bomb]) },
    { name: 'PNG cut off', bytes: emptyPng(300, 300).subarray(0, 60) },
    { name: 'PNG header alone', bytes: PNG_SIGNATURE },
    ...Object.entries(jpegs).flatMap(([kind, jpeg]) => damagedJpegs(kind, jpeg)),
    { name: 'GIF that is a script too', bytes: Buffer.from('GIF89a=1;alert(1)//') },
    { name: 'PDF that calls itself a picture', bytes: Buffer.from('%PDF-1.4\n%%EOF') },
    { name: 'page that calls itself a picture', bytes: Buffer.from('<!doctype html><title>x</title>') },
    { name: 'GIF of 5000 frames', bytes: gif(5_000) },
    { name: 'GIF of 65535 × 65535', bytes: gif(1, 65_535, 65_535) },
    { name: 'TIFF of 5000 pages', bytes: tiff(5_000) },
    { name: 'TIFF that declares 60000 × 60000', bytes: tiff(1, 60_000, 60_000) },
    { name: 'TIFF that declares more than it has', bytes: tiff(1, 4_000, 4_000) },
    { name: 'BMP header alone', bytes: Buffer.from('BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0', 'latin1') },
    ...drawings(bait),
  ];
}
