/** What a newsletter's readers see of a post. */
import { getBinaryNodeChild, proto } from '@pombo/whatsapp/protocol';
import type { MediaCheck, MediaInspector } from './media/media-check.js';
import { messageAsJson } from './message-view.js';
import type { NewsletterPost } from './people/newsletters.js';
import { bytesOf } from './wire/stanza.js';

export interface PostView {
  readonly id: string;
  /** Device jid of the publisher. */
  readonly from: string;
  /** Attributes of the stanza as the publisher wrote it. */
  readonly attrs: Readonly<Record<string, string>>;
  readonly childTags: readonly string[];
  /** The message as JSON, bytes in base64. Absent when it carries no plaintext. */
  readonly message?: Readonly<Record<string, unknown>>;
  /** Its picture or file: fetched as it is, since newsletters encrypt nothing, and its hash compared. */
  readonly media?: MediaCheck;
}

export async function viewPost({ id, from, stanza }: NewsletterPost, inspector: MediaInspector): Promise<PostView> {
  const childTags = Array.isArray(stanza.content) ? stanza.content.map(({ tag }) => tag) : [];
  const plaintext = bytesOf(getBinaryNodeChild(stanza, 'plaintext'));
  const message = plaintext && proto.Message.decode(plaintext);
  const media = message && plainMedia(message);
  return {
    ...{ id, from, attrs: stanza.attrs, childTags },
    ...(message ? { message: messageAsJson(message) } : {}),
    ...(media ? { media: await inspector.checkPlain(media) } : {}),
  };
}

function plainMedia(message: proto.IMessage): { directPath: string; fileSha256: Uint8Array } | undefined {
  const { imageMessage, videoMessage, audioMessage, documentMessage, stickerMessage } = message;
  const media = imageMessage ?? videoMessage ?? audioMessage ?? documentMessage ?? stickerMessage;
  if (!media?.directPath || !media.fileSha256) return undefined;
  return { directPath: media.directPath, fileSha256: media.fileSha256 };
}
