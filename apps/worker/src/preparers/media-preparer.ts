/** What a kind of media is prepared from, and what comes of it. */
import type { ContentOf, MediaKind, MessageContent, MessageType, SEND_TYPES, SendMetadata } from '@pombo/contracts';
import type { Config } from '@pombo/runtime';
import type { BuiltMedia, UploadSource } from '@pombo/whatsapp';
import type { SendContext } from '../sending/send-context.js';
import type { LoadedMedia } from './load-media.js';

/** What a message says of its media besides where it is, and what was found out about what the client supplied. */
export interface MediaFindings {
  readonly built: Omit<BuiltMedia, 'upload'>;
  readonly metadata: SendMetadata;
}

/** Media as it is to be uploaded. */
export interface ReadyMedia extends MediaFindings {
  readonly source: UploadSource;
  /** The client's file, byte for byte. */
  readonly untouched?: boolean;
}

/** Types whose media is of a kind. */
type TypeOf<K extends MediaKind> = {
  [T in MessageType]: (typeof SEND_TYPES)[T] extends { media: { kind: K } } ? T : never;
}[MessageType];

/** One per kind of media. */
export interface MediaPreparer<K extends MediaKind> {
  /** It has to be worked on whole, so a download need not become a file. */
  readonly inMemory: boolean;
  /** What of content and settings makes another file of the same bytes; the same name, the same upload. */
  variant?(content: ContentOf<TypeOf<K>>, config: Config): string;
  /**
   * @param onLikely may be told what the source will be before it is known that nothing is wrong with it.
   * @throws PomboError with the code the message ends with.
   */
  prepare(
    loaded: LoadedMedia,
    content: ContentOf<TypeOf<K>>,
    context: SendContext,
    onLikely: (source: UploadSource) => void,
  ): Promise<ReadyMedia>;
  /** What this message says of media that was perhaps prepared for another one. */
  personalise?(found: MediaFindings, content: ContentOf<TypeOf<K>>): MediaFindings;
}

/** Every preparer of the table takes the content of its own kind, which TypeScript cannot follow through a look-up. */
export interface AnyMediaPreparer {
  readonly inMemory: boolean;
  variant?(content: MessageContent, config: Config): string;
  prepare(
    loaded: LoadedMedia,
    content: MessageContent,
    context: SendContext,
    onLikely: (source: UploadSource) => void,
  ): Promise<ReadyMedia>;
  personalise?(found: MediaFindings, content: MessageContent): MediaFindings;
}
