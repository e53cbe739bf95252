/** From a validated body to what is stored of it: the type's own fields, and where its media is. */
import { type CommonSend, commonSendKeys, type MessageContent, mediaOf, type MessageType } from '@pombo/contracts';
import { type MediaParts, storeMedia, storeThumbnail } from './store-media.js';

const COMMON_KEYS: ReadonlySet<string> = new Set(Object.keys(commonSendKeys));

/** Inline media is in the blob store when this resolves. @throws PomboError as `storeMedia` */
export async function buildContent(type: MessageType, body: CommonSend, parts: MediaParts): Promise<MessageContent> {
  const media = mediaOf(type);
  const given = body as unknown as Readonly<Record<string, unknown>>;
  const mediaKeys = [media?.inline, media?.url, media?.thumbnail?.inline, media?.thumbnail?.url, 'media_id'];
  const own = Object.entries(given).filter(([key]) => !COMMON_KEYS.has(key) && !mediaKeys.includes(key));
  const source = media && (await storeMedia(media, given, parts));
  const thumbnail = media?.thumbnail && (await storeThumbnail(media.thumbnail, given, parts));
  // The row of SEND_TYPES pairs schema and type, so what the schema let through is this type's content.
  return {
    type,
    ...Object.fromEntries(own),
    ...whatIsSaid(body),
    ...(source ? { source } : {}),
    ...(thumbnail ? { thumbnail } : {}),
  } as MessageContent;
}

/** What says nothing is left out, since it is stored. */
function whatIsSaid({ delay, mentioned, quoted }: CommonSend) {
  return {
    ...(delay > 0 ? { delay } : {}),
    ...(mentioned.length > 0 ? { mentioned } : {}),
    ...(quoted === undefined ? {} : { quoted }),
  };
}
