/** From a validated body to what is stored of it: one builder per message type. */
import type { CommonSend, MessageContent, MessageType } from '@pombo/contracts';
import type { BlobStore } from '@pombo/media';
import type { NameField } from '../http/field-problems.js';
import { acceptImage } from './image.js';

/** What builders need beside the body. */
export interface ContentParts {
  readonly blobStore: BlobStore;
  readonly maxImageBytes: number;
  readonly nameField: NameField;
}

/** A method, so that a builder may ask for its own type's body: the row of `SEND_ROUTES` pairs schema and type. */
interface ContentBuilder {
  build(body: CommonSend, parts: ContentParts): Promise<MessageContent>;
}

const BUILDERS: Readonly<Record<MessageType, ContentBuilder>> = {
  image: { build: acceptImage },
};

/** Inline media is in the blob store when this resolves. */
export function buildContent(type: MessageType, body: CommonSend, parts: ContentParts): Promise<MessageContent> {
  return BUILDERS[type].build(body, parts);
}
