/** What a kind of media is prepared from, and what comes of it. */
import type { ContentOf, MediaKind, MessageContent, MessageType, SEND_TYPES, SendMetadata } from '@pombo/contracts';
import type { BuiltMedia, UploadSource } from '@pombo/whatsapp';
import type { SendContext } from '../sending/send-context.js';
import type { LoadedMedia } from './load-media.js';

/** Media as it is to be uploaded, and what was found out about what the client supplied. */
export interface ReadyMedia {
  readonly source: UploadSource;
  /** The client's file, byte for byte. */
  readonly untouched?: boolean;
  readonly built: Omit<BuiltMedia, 'upload'>;
  readonly metadata: SendMetadata;
}

/** Types whose media is of a kind. */
type TypeOf<K extends MediaKind> = {
  [T in MessageType]: (typeof SEND_TYPES)[T] extends { media: { kind: K } } ? T : never;
}[MessageType];

/** One per kind of media. @throws PomboError with the code the message ends with. */
export type MediaPreparer<K extends MediaKind> = (
  loaded: LoadedMedia,
  content: ContentOf<TypeOf<K>>,
  context: SendContext,
) => Promise<ReadyMedia>;

/** Every preparer of the table below takes the content of its own kind, which TypeScript cannot follow through a look-up. */
export type AnyMediaPreparer = (
  loaded: LoadedMedia,
  content: MessageContent,
  context: SendContext,
) => Promise<ReadyMedia>;
