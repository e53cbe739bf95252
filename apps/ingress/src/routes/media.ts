/** `POST /media`: a file stored once, to be sent in any number of messages. */
import { largestMediaBytes, mediaLimits, requireRoom } from '@pombo/media';
import type { AppParts } from '../app-parts.js';
import { inviteBody } from '../http/invite-body.js';
import { letGoOfBody } from '../http/let-go-of-body.js';
import { callOf } from '../http/request-context.js';
import { rfc3339 } from '../http/rfc3339.js';
import { receiveUpload, requireUpload } from '../media/receive-upload.js';
import type { Routes } from './routes.js';

export function addMediaRoutes(routes: Routes, { config, store, blobStore, hasMediaRoom }: AppParts): void {
  // What it is good for shows when it is sent: a picture above the limit for pictures can still go as a document.
  const maxBytes = largestMediaBytes(mediaLimits(config));

  routes.add('POST /media', async (request, response) => {
    const { caller, redisBudget } = callOf(request);
    letGoOfBody(request, response);
    requireUpload(request, maxBytes);
    requireRoom(hasMediaRoom, Number(request.headers['content-length'] ?? 0));
    inviteBody(request, response);
    const media = await receiveUpload(request, { blobStore, maxBytes });
    const { sha256, mimeType, sizeBytes } = media;
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
