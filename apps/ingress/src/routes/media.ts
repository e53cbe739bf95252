/** `POST /media`: a file stored once, to be sent in any number of messages. */
import { type BlobStore, largestMediaBytes, mediaLimits, sniffFile } from '@pombo/media';
import type { AppParts } from '../app-parts.js';
import { inviteBody } from '../http/invite-body.js';
import { letGoOfBody } from '../http/let-go-of-body.js';
import { callOf } from '../http/request-context.js';
import { rfc3339 } from '../http/rfc3339.js';
import { receiveUpload, requireUpload } from '../media/receive-upload.js';
import type { Routes } from './routes.js';

/** Of what is of no known type. */
const UNKNOWN_TYPE = 'application/octet-stream';

export function addMediaRoutes(routes: Routes, { config, store, blobStore }: AppParts): void {
  // What it is good for shows when it is sent: a picture above the limit for pictures can still go as a document.
  const maxBytes = largestMediaBytes(mediaLimits(config));

  routes.add('POST /media', async (request, response) => {
    const { caller, redisBudget } = callOf(request);
    letGoOfBody(request, response);
    requireUpload(request, maxBytes);
    inviteBody(request, response);
    const { sha256, sizeBytes } = await receiveUpload(request, { blobStore, maxBytes });
    const mimeType = await sniffBlob(blobStore, sha256);
    const media = { sha256, mimeType, sizeBytes };
    const { mediaId, expiresAt } = await redisBudget.spend(store.media.create(caller.tenantId, media));
    response.status(201).json({
      success: true,
      media_id: mediaId,
      sha256,
      mime_type: mimeType,
      size_bytes: sizeBytes,
      expires_at: rfc3339(expiresAt),
    });
  });
}

async function sniffBlob(blobStore: BlobStore, sha256: string): Promise<string> {
  const file = await blobStore.open(sha256);
  try {
    return (await sniffFile(file.path))?.mimeType ?? UNKNOWN_TYPE;
  } finally {
    await file.release();
  }
}
