/**
 * Takes out of a JPEG or PNG what it tells besides the picture (where and when it was taken, with which camera, by whom)
 * without touching a pixel. Colour profiles stay, since the picture depends on them.
 */
import type { ImageFormat } from './image-format.js';

/** @returns the same bytes when there was nothing to take out, or when the file is of another format. */
export function stripMetadata(bytes: Buffer, format: ImageFormat): Buffer {
  if (format === 'jpeg') return withoutParts(bytes, jpegParts(bytes));
  if (format === 'png') return withoutParts(bytes, pngParts(bytes));
  return bytes;
}

interface Part {
  readonly from: number;
  readonly to: number;
  readonly isMetadata: boolean;
}

/** APP1: EXIF and XMP; APP13: IPTC. */
const JPEG_METADATA: ReadonlySet<number> = new Set([0xe1, 0xed]);
const JPEG_START_OF_SCAN = 0xda;

/** The segments before the picture itself (ITU T.81, B.1.1.4). */
function* jpegParts(bytes: Buffer): Generator<Part> {
  let from = 2;
  while (from + 4 <= bytes.length && bytes[from] === 0xff) {
    const marker = bytes[from + 1] ?? 0;
    if (marker === JPEG_START_OF_SCAN) return;
    const to = from + 2 + bytes.readUInt16BE(from + 2);
    yield { from, to, isMetadata: JPEG_METADATA.has(marker) };
    from = to;
  }
}

const PNG_SIGNATURE_BYTES = 8;
/** Length, type and check sum of a chunk. */
const PNG_FRAME_BYTES = 12;
const PNG_TEXT = new Set(['tEXt', 'zTXt', 'iTXt']);
/** Texts that hold EXIF, IPTC or XMP. */
const PNG_METADATA_TEXT = /^(?:XML:com\.adobe\.xmp|Raw profile type )/;

function* pngParts(bytes: Buffer): Generator<Part> {
  let from = PNG_SIGNATURE_BYTES;
  while (from + PNG_FRAME_BYTES <= bytes.length) {
    const type = bytes.toString('latin1', from + 4, from + 8);
    const to = from + PNG_FRAME_BYTES + bytes.readUInt32BE(from);
    const keyword = bytes.toString('latin1', from + 8, from + 32);
    yield { from, to, isMetadata: type === 'eXIf' || (PNG_TEXT.has(type) && PNG_METADATA_TEXT.test(keyword)) };
    from = to;
  }
}

function withoutParts(bytes: Buffer, parts: Iterable<Part>): Buffer {
  const kept: Buffer[] = [];
  let done = 0;
  for (const { from, to, isMetadata } of parts) {
    if (!isMetadata) continue;
    kept.push(bytes.subarray(done, from));
    done = Math.min(to, bytes.length);
  }
  return done === 0 ? bytes : Buffer.concat([...kept, bytes.subarray(done)]);
}
