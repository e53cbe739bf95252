import { normalizeMessageContent, type proto } from '@pombo/whatsapp/protocol';

/** Names under which Baileys derives media keys. */
export type MediaKind = 'image' | 'video' | 'audio' | 'document' | 'sticker';

/** What a message says about media that has to be fetched. */
export interface MediaReference {
  readonly kind: MediaKind;
  readonly directPath: string;
  readonly mediaKey: Uint8Array;
  readonly fileSha256: Uint8Array | undefined;
  readonly fileEncSha256: Uint8Array | undefined;
}

interface MediaFields {
  readonly directPath?: string | null;
  readonly mediaKey?: Uint8Array | null;
  readonly fileSha256?: Uint8Array | null;
  readonly fileEncSha256?: Uint8Array | null;
}

export function findMedia(message: proto.IMessage): MediaReference | undefined {
  const content = normalizeMessageContent(message);
  if (!content) return undefined;
  const candidates: ReadonlyArray<readonly [MediaKind, MediaFields | null | undefined]> = [
    ['image', content.imageMessage],
    ['video', content.videoMessage ?? content.ptvMessage],
    ['audio', content.audioMessage],
    ['document', content.documentMessage],
    ['sticker', content.stickerMessage],
  ];
  for (const [kind, media] of candidates) {
    if (media?.directPath && media.mediaKey?.length) return reference(kind, media.directPath, media.mediaKey, media);
  }
  return undefined;
}

function reference(kind: MediaKind, directPath: string, mediaKey: Uint8Array, media: MediaFields): MediaReference {
  return {
    kind,
    directPath,
    mediaKey,
    fileSha256: media.fileSha256 ?? undefined,
    fileEncSha256: media.fileEncSha256 ?? undefined,
  };
}
