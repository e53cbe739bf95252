import { type MediaKind, PomboError } from '@pombo/contracts';
import { type MediaFile, problemOfKind, sniffFile } from '@pombo/media';

/** @returns the MIME type by the file's content. @throws PomboError MEDIA_INVALID when it is not of the kind. */
export async function sniffKind(kind: Exclude<MediaKind, 'document'>, file: MediaFile): Promise<string> {
  const mimeType = (await sniffFile(file.path))?.mimeType;
  const problem = problemOfKind(kind, mimeType);
  if (problem !== undefined) throw new PomboError('MEDIA_INVALID', `The file ${problem}.`);
  return mimeType ?? '';
}
