/** What a file is, by its content: neither a header nor a file name is believed. */
import { open } from 'node:fs/promises';
import { fileTypeFromBuffer, fileTypeFromFile } from 'file-type';
import { onDisk } from './store-error.js';
import { sniffText, TEXT_SAMPLE_BYTES, type SniffedMedia } from './sniff-text.js';

export type { SniffedMedia };

/**
 * @returns undefined when the content is of no known type. Text is recognised too, as `image/svg+xml`, `text/html`,
 * `application/xml`, `application/json` or `text/plain`
 */
export function sniffMedia(bytes: Uint8Array): Promise<SniffedMedia | undefined> {
  return sniff(
    () => fileTypeFromBuffer(bytes),
    () => Promise.resolve(bytes),
  );
}

/** Like `sniffMedia`, reading no more of the file than it takes. @throws PomboError MEDIA_NOT_FOUND, INTERNAL_ERROR */
export function sniffFile(path: string): Promise<SniffedMedia | undefined> {
  return sniff(
    () => fileTypeFromFile(path),
    () => readStart(path),
  );
}

type FindBinary = () => Promise<{ readonly mime: string; readonly ext: string } | undefined>;

async function sniff(findBinary: FindBinary, sample: () => Promise<Uint8Array>): Promise<SniffedMedia | undefined> {
  const found = await sniffBinary(findBinary);
  // file-type calls every XML the same; an SVG is one.
  if (found && found.mimeType !== 'application/xml') return found;
  return sniffText(await sample()) ?? found;
}

async function readStart(path: string): Promise<Uint8Array> {
  const file = await onDisk(open(path, 'r'));
  try {
    const { buffer, bytesRead } = await onDisk(file.read(Buffer.alloc(TEXT_SAMPLE_BYTES), 0, TEXT_SAMPLE_BYTES, 0));
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function sniffBinary(findBinary: FindBinary): Promise<SniffedMedia | undefined> {
  try {
    const found = await findBinary();
    return found && { mimeType: found.mime, extension: found.ext };
  } catch {
    // A damaged container makes the parser fail; then its type is not known.
    return undefined;
  }
}
