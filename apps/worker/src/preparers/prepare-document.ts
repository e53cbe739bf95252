import { extname } from 'node:path';
import type { ContentOf } from '@pombo/contracts';
import { sniffFile } from '@pombo/media';
import type { SendContext } from '../sending/send-context.js';
import type { MediaPreparer } from './media-preparer.js';

export const prepareDocument: MediaPreparer<'document'> = {
  inMemory: false,
  async prepare(loaded, _content, context) {
    const file = await loaded.file();
    const mimeType = (await sniffFile(file.path))?.mimeType ?? UNKNOWN_TYPE;
    // Also where this message brings its own thumbnail: others may not.
    const { pages, thumbnail } = mimeType === PDF ? await look(file.path, context) : {};
    return {
      source: file,
      untouched: true,
      built: { mimeType, ...(pages ? { pages } : {}), ...(thumbnail ? { thumbnail } : {}) },
      metadata: {
        document_size_bytes: file.sizeBytes,
        mime_type: mimeType,
        ...(pages ? { page_count: pages } : {}),
      },
    };
  },
  personalise({ built, metadata }, content) {
    const mimeType = documentType(content) ?? built.mimeType;
    return { built: { ...built, mimeType }, metadata: { ...metadata, mime_type: mimeType } };
  },
};

async function look(
  path: string,
  { pdfs, images, signal }: SendContext,
): Promise<{ readonly pages?: number | undefined; readonly thumbnail?: Buffer }> {
  const { pages, firstPage } = await pdfs.readPdf(path, signal);
  return { pages, ...(firstPage ? { thumbnail: await images.createThumbnailOf(firstPage) } : {}) };
}

const PDF = 'application/pdf';
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
