import { extname } from 'node:path';
import type { ContentOf } from '@pombo/contracts';
import { sniffFile } from '@pombo/media';
import type { MediaPreparer } from './media-preparer.js';

export const prepareDocument: MediaPreparer<'document'> = {
  inMemory: false,
  async prepare(loaded) {
    const file = await loaded.file();
    const mimeType = (await sniffFile(file.path))?.mimeType ?? UNKNOWN_TYPE;
    return {
      source: file,
      untouched: true,
      built: { mimeType },
      metadata: { document_size_bytes: file.sizeBytes, mime_type: mimeType },
    };
  },
  personalise({ built, metadata }, content) {
    const mimeType = documentType(content) ?? built.mimeType;
    return { built: { ...built, mimeType }, metadata: { ...metadata, mime_type: mimeType } };
  },
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

/** The client's word first, then the file's name where bytes say nothing; undefined: what the bytes say. */
function documentType({ mime_type: given, file_name: name = '' }: ContentOf<'document'>): string | undefined {
  return given?.toLowerCase() ?? TEXT_TYPES[extname(name).toLowerCase()];
}
