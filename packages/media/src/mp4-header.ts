/**
 * Length and size of an MP4 (ISO/IEC 14496-12), from its own header: nearly every video is one, and this needs no
 * foreign program.
 */
import { type FileHandle, open } from 'node:fs/promises';
import type { AvFacts } from './av-facts.js';
import { onDisk } from './store-error.js';

/** An hour of video has an index of a few megabytes. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024;
/** Top-level boxes looked at; a fragmented file has its header in front of them all. */
const MAX_BOXES = 64;
const BOX_HEADER_BYTES = 8;
const LARGE_BOX_HEADER_BYTES = 16;

/** @returns nothing for what is no MP4, or a damaged one. @throws PomboError MEDIA_NOT_FOUND, INTERNAL_ERROR */
export async function readMp4Header(path: string): Promise<AvFacts> {
  const file = await onDisk(open(path, 'r'));
  try {
    const movie = await findMovie(file);
    return movie ? factsOf(movie) : {};
  } catch (error) {
    // A box that says it is longer than it is.
    if (error instanceof RangeError) return {};
    throw error;
  } finally {
    await file.close();
  }
}

async function findMovie(file: FileHandle): Promise<Buffer | undefined> {
  let at = 0;
  for (let box = 0; box < MAX_BOXES; box += 1) {
    const head = await readAt(file, at, LARGE_BOX_HEADER_BYTES);
    if (head.length < BOX_HEADER_BYTES) return undefined;
    const { type, size, headerBytes } = readBoxHead(head, 0);
    if (type === 'moov')
      return size <= MAX_HEADER_BYTES ? readAt(file, at + headerBytes, size - headerBytes) : undefined;
    if (size < headerBytes) return undefined;
    at += size;
  }
  return undefined;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await onDisk(file.read(Buffer.alloc(length), 0, length, position));
  return buffer.subarray(0, bytesRead);
}

function readBoxHead(bytes: Buffer, at: number): { type: string; size: number; headerBytes: number } {
  const type = bytes.toString('latin1', at + 4, at + 8);
  const size = bytes.readUInt32BE(at);
  if (size !== 1) return { type, size, headerBytes: BOX_HEADER_BYTES };
  return { type, size: Number(bytes.readBigUInt64BE(at + BOX_HEADER_BYTES)), headerBytes: LARGE_BOX_HEADER_BYTES };
}

/** Content of the boxes of one type directly inside. */
function boxes(bytes: Buffer, wanted: string): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at + BOX_HEADER_BYTES <= bytes.length;) {
    const { type, size, headerBytes } = readBoxHead(bytes, at);
    if (size < headerBytes) break;
    if (type === wanted) found.push(bytes.subarray(at + headerBytes, at + size));
    at += size;
  }
  return found;
}

function factsOf(movie: Buffer): AvFacts {
  const [header] = boxes(movie, 'mvhd');
  const durationSeconds = header && durationOf(header);
  const [size] = boxes(movie, 'trak').flatMap(sizeOf);
  return { ...size, ...(durationSeconds === undefined ? {} : { durationSeconds }) };
}

/** Times are 32 bits wide in version 0, 64 in version 1. */
const isWide = (box: Buffer): boolean => box.readUInt8(0) === 1;

function durationOf(header: Buffer): number | undefined {
  const [scale, length] = isWide(header)
    ? [header.readUInt32BE(20), Number(header.readBigUInt64BE(24))]
    : [header.readUInt32BE(12), header.readUInt32BE(16)];
  return scale > 0 && length > 0 ? length / scale : undefined;
}

function sizeOf(track: Buffer): Array<Required<Pick<AvFacts, 'width' | 'height'>>> {
  const handler = boxes(track, 'mdia').flatMap((media) => boxes(media, 'hdlr'))[0];
  const [header] = boxes(track, 'tkhd');
  if (!header || handler?.toString('latin1', 8, 12) !== 'vide') return [];
  // After the times: 16 bytes of other fields, the 36 of the matrix, width and height as 16.16 fixed point.
  const matrixAt = isWide(header) ? 52 : 40;
  const [width, height] = [header.readUInt16BE(matrixAt + 36), header.readUInt16BE(matrixAt + 40)];
  if (width === 0 || height === 0) return [];
  const turned = header.readInt32BE(matrixAt) === 0;
  return [turned ? { width: height, height: width } : { width, height }];
}
