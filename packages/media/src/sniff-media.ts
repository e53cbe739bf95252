/** What a file is, by its content: neither a header nor a file name is believed. */
import { fileTypeFromBuffer } from 'file-type';
import { sniffText, type SniffedMedia } from './sniff-text.js';

export type { SniffedMedia };

/**
 * @returns undefined when the content is of no known type. Text is recognised too, as `image/svg+xml`, `text/html`,
 * `application/xml`, `application/json` or `text/plain`
 */
export async function sniffMedia(bytes: Uint8Array): Promise<SniffedMedia | undefined> {
  const found = await sniffBinary(bytes);
  // file-type calls every XML the same; an SVG is one.
  if (found && found.mimeType !== 'application/xml') return found;
  return sniffText(bytes) ?? found;
}

async function sniffBinary(bytes: Uint8Array): Promise<SniffedMedia | undefined> {
  try {
    const found = await fileTypeFromBuffer(bytes);
    return found && { mimeType: found.mime, extension: found.ext };
  } catch {
    // A damaged container makes the parser fail; then its type is not known.
    return undefined;
  }
}
