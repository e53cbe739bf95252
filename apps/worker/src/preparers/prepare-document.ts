import { extname } from 'node:path';
import type { ContentOf } from '@pombo/contracts';
import { type MediaFile, sniffFile } from '@pombo/media';
import type { MediaPreparer } from './media-preparer.js';

export const prepareDocument: MediaPreparer<'document'> = async (loaded, content) => {
  const file = await loaded.file();
  const mimeType = await documentType(file, content);
  return {
    source: file,
    untouched: true,
    built: { mimeType },
    metadata: { document_size_bytes: file.sizeBytes, mime_type: mimeType },
  };
};

/** What to call bytes that nobody named. */
const UNKNOWN_TYPE = 'application/octet-stream';
/** Types that have no signature in their bytes, by file extension. */
const TEXT_TYPES: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.txt': 'text/plain',
  '.md': 'text/markdown',
  '.json': 'application/json',
};

/** The client's word first, then what the bytes say, then the file's name. */
async function documentType(
  { path }: MediaFile,
  { mime_type: given, file_name: name = '' }: ContentOf<'document'>,
): Promise<string> {
  if (given) return given.toLowerCase();
  const byName = TEXT_TYPES[extname(name).toLowerCase()];
  return byName ?? (await sniffFile(path))?.mimeType ?? UNKNOWN_TYPE;
}
