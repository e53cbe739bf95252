/**
 * The table of message types: a new one is one schema (`messages/`), one row here, and one builder in the WhatsApp
 * package, whose absence does not compile.
 */
import type Joi from 'joi';
import { buttonsSendSchema } from './messages/buttons.js';
import type { CommonSend } from './messages/common.js';
import { contactSendSchema } from './messages/contact.js';
import { contactsSendSchema } from './messages/contacts.js';
import { documentMedia, documentSendSchema } from './messages/document.js';
import { imageMedia, imageSendSchema } from './messages/image.js';
import { interactiveSendSchema } from './messages/interactive.js';
import { locationSendSchema } from './messages/location.js';
import type { MediaSpec } from './messages/media-fields.js';
import { pollSendSchema } from './messages/poll.js';
import { reactionSendSchema } from './messages/reaction.js';
import { textSendSchema } from './messages/text.js';

/** One message type: where it is sent to, what its body may hold, and which fields of it are media. */
export interface SendType {
  /** The first is the route's name, others are aliases. */
  readonly paths: readonly [string, ...string[]];
  readonly schema: Joi.ObjectSchema;
  readonly media?: MediaSpec;
}

export const SEND_TYPES = {
  image: { paths: ['/send/image'], schema: imageSendSchema, media: imageMedia },
  document: { paths: ['/send/document'], schema: documentSendSchema, media: documentMedia },
  interactive: { paths: ['/send/interactive', '/send/list'], schema: interactiveSendSchema },
  text: { paths: ['/send/text'], schema: textSendSchema },
  location: { paths: ['/send/location'], schema: locationSendSchema },
  contact: { paths: ['/send/contact'], schema: contactSendSchema },
  contacts: { paths: ['/send/contacts'], schema: contactsSendSchema },
  poll: { paths: ['/send/poll'], schema: pollSendSchema },
  reaction: { paths: ['/send/reaction'], schema: reactionSendSchema },
  buttons: { paths: ['/send/buttons'], schema: buttonsSendSchema },
} as const satisfies Record<string, SendType>;

export type MessageType = keyof typeof SEND_TYPES;
export type SendPath = (typeof SEND_TYPES)[MessageType]['paths'][number];

/** A type's validated body, without its media. */
export type SendBody<T extends MessageType> =
  (typeof SEND_TYPES)[T]['schema'] extends Joi.ObjectSchema<infer Body> ? Body : never;

export interface SendRoute {
  readonly path: SendPath;
  readonly type: MessageType;
  readonly schema: Joi.ObjectSchema<CommonSend>;
  readonly media: MediaSpec | undefined;
}

export const SEND_ROUTES: readonly SendRoute[] = Object.entries<SendType>(SEND_TYPES).flatMap(
  ([type, { paths, schema, media }]) =>
    paths.map((path) => ({
      path: path as SendPath,
      type: type as MessageType,
      schema: schema as Joi.ObjectSchema<CommonSend>,
      media,
    })),
);

/** What kind of media a type carries; undefined for types without. */
export function mediaOf(type: MessageType): MediaSpec | undefined {
  return (SEND_TYPES[type] as SendType).media;
}
