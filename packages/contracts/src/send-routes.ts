/**
 * The table of message types: a new one is one schema (`messages/`), one row here, and one builder in the WhatsApp
 * package, whose absence does not compile.
 */
import type Joi from 'joi';
import { audioDocs, audioMedia, audioSendSchema } from './messages/audio.js';
import { buttonsDocs, buttonsSendSchema } from './messages/buttons.js';
import type { CommonSend } from './messages/common.js';
import { contactDocs, contactSendSchema } from './messages/contact.js';
import { contactsDocs, contactsSendSchema } from './messages/contacts.js';
import { documentDocs, documentMedia, documentSendSchema } from './messages/document.js';
import { imageDocs, imageMedia, imageSendSchema } from './messages/image.js';
import { interactiveDocs, interactiveSendSchema } from './messages/interactive.js';
import { locationDocs, locationSendSchema } from './messages/location.js';
import type { MediaSpec } from './messages/media-fields.js';
import { pollDocs, pollSendSchema } from './messages/poll.js';
import { reactionDocs, reactionSendSchema } from './messages/reaction.js';
import { stickerDocs, stickerMedia, stickerSendSchema } from './messages/sticker.js';
import type { SendDocs } from './send-docs.js';
import { textDocs, textSendSchema } from './messages/text.js';
import { videoDocs, videoMedia, videoSendSchema } from './messages/video.js';

/** One message type: where it is sent to, what its body may hold, and which fields of it are media. */
export interface SendType {
  /** The first is the route's name, others are aliases. */
  readonly paths: readonly [string, ...string[]];
  readonly schema: Joi.ObjectSchema;
  readonly media?: MediaSpec;
  readonly docs: SendDocs;
}

export const SEND_TYPES = {
  image: { paths: ['/send/image'], schema: imageSendSchema, media: imageMedia, docs: imageDocs },
  video: { paths: ['/send/video'], schema: videoSendSchema, media: videoMedia, docs: videoDocs },
  audio: { paths: ['/send/audio'], schema: audioSendSchema, media: audioMedia, docs: audioDocs },
  sticker: { paths: ['/send/sticker'], schema: stickerSendSchema, media: stickerMedia, docs: stickerDocs },
  document: { paths: ['/send/document'], schema: documentSendSchema, media: documentMedia, docs: documentDocs },
  interactive: { paths: ['/send/interactive', '/send/list'], schema: interactiveSendSchema, docs: interactiveDocs },
  text: { paths: ['/send/text'], schema: textSendSchema, docs: textDocs },
  location: { paths: ['/send/location'], schema: locationSendSchema, docs: locationDocs },
  contact: { paths: ['/send/contact'], schema: contactSendSchema, docs: contactDocs },
  contacts: { paths: ['/send/contacts'], schema: contactsSendSchema, docs: contactsDocs },
  poll: { paths: ['/send/poll'], schema: pollSendSchema, docs: pollDocs },
  reaction: { paths: ['/send/reaction'], schema: reactionSendSchema, docs: reactionDocs },
  buttons: { paths: ['/send/buttons'], schema: buttonsSendSchema, docs: buttonsDocs },
} as const satisfies Record<string, SendType>;

export type MessageType = keyof typeof SEND_TYPES;
export const MESSAGE_TYPES = Object.keys(SEND_TYPES) as readonly MessageType[];
export type SendPath = (typeof SEND_TYPES)[MessageType]['paths'][number];

/** A type's validated body, without its media. */
export type SendBody<T extends MessageType> =
  (typeof SEND_TYPES)[T]['schema'] extends Joi.ObjectSchema<infer Body> ? Body : never;

export interface SendRoute {
  readonly path: SendPath;
  readonly type: MessageType;
  readonly schema: Joi.ObjectSchema<CommonSend>;
  readonly media: MediaSpec | undefined;
  readonly docs: SendDocs;
}

export const SEND_ROUTES: readonly SendRoute[] = Object.entries<SendType>(SEND_TYPES).flatMap(
  ([type, { paths, schema, media, docs }]) =>
    paths.map((path) => ({
      path: path as SendPath,
      type: type as MessageType,
      schema: schema as Joi.ObjectSchema<CommonSend>,
      media,
      docs,
    })),
);

/** What kind of media a type carries; undefined for types without. */
export function mediaOf(type: MessageType): MediaSpec | undefined {
  return (SEND_TYPES[type] as SendType).media;
}
