/** The table of `/send/*` routes: adding a message type is one schema, one builder and one row here. */
import type Joi from 'joi';
import type { MessageType } from './message-content.js';
import { imageSendSchema } from './messages/image.js';
import type { CommonSend } from './messages/common.js';

export interface SendRoute {
  readonly path: string;
  readonly type: MessageType;
  readonly schema: Joi.ObjectSchema<CommonSend>;
}

export const SEND_ROUTES: readonly SendRoute[] = [{ path: '/send/image', type: 'image', schema: imageSendSchema }];
