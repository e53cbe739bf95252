import Joi from 'joi';
import { listQuerySchema } from '../../messages/list-query.js';
import {
  canceledMessage,
  deliveredMessage,
  failedMessage,
  failedStatus,
  messageListSchema,
  messageSchema,
  messageStatusSchema,
  pendingStatus,
  readStatus,
} from '../answers/message-answers.js';
import { messageId } from '../answers/values.js';
import type { Operation } from '../operation.js';
import { SEND_ERRORS, sendAnswers } from './send-operations.js';

const path = Joi.object({ id: messageId.required().description('The `message_id` of the answer to the send.') });
const shown = (message: object) => ({ success: true, ...message });

export const messageOperations = {
  'GET /messages': {
    tag: 'Messages',
    summary: 'List messages, newest first',
    description: 'A page may be short, or empty, and still have a `next`: a request looks at 1,000 messages at most.',
    query: listQuerySchema,
    answers: {
      200: {
        description: 'A page of messages.',
        schema: messageListSchema,
        examples: {
          'A page with more behind it': {
            success: true,
            messages: [deliveredMessage, failedMessage],
            next: 'MTc3MjM2…',
          },
          'Nothing found': { success: true, messages: [], next: null },
        },
      },
    },
    errors: ['DEVICE_NOT_FOUND'],
  },
  'GET /messages/:id': {
    tag: 'Messages',
    summary: 'Read a message',
    description: 'Its state, a time for each state it reached, why it failed if it did, and what was measured.',
    path,
    answers: {
      200: {
        description: 'The message.',
        schema: messageSchema,
        examples: { Delivered: shown(deliveredMessage), Failed: shown(failedMessage) },
      },
    },
    errors: ['MESSAGE_NOT_FOUND'],
  },
  'GET /messages/:id/status': {
    tag: 'Messages',
    summary: 'Ask how far a message came',
    description:
      'In the four words of the compatible API: everything before delivery is `pending`, and so is a message that will never be delivered. `state` has Pombo’s own word, and `error_code` says why it ended.',
    path,
    answers: {
      200: {
        description: 'How far it came.',
        schema: messageStatusSchema,
        examples: { 'On its way': pendingStatus, Read: readStatus, 'Will not arrive': failedStatus },
      },
    },
    errors: ['MESSAGE_NOT_FOUND'],
  },
  'GET /messages/:id/media': {
    tag: 'Messages',
    summary: 'Get the media of a received message',
    description:
      'Of a message somebody wrote to you, by the `message_id` of its `message.received` event. It is kept where a webhook asks for that event, up to `INBOUND_MEDIA_MAX_BYTES`, for as long as the message is.',
    path: Joi.object({ id: Joi.string().required().description('The `message_id` of the event.') }),
    answers: { 200: { description: 'The media, as a file.', mediaType: '*/*' } },
    errors: ['MESSAGE_NOT_FOUND', 'MEDIA_NOT_FOUND', 'MEDIA_STORE_UNAVAILABLE', 'DEVICE_ERROR'],
  },
  'DELETE /messages/:id': {
    tag: 'Messages',
    summary: 'Cancel a message',
    description: 'Works until the message is handed to WhatsApp. Canceling again is no error.',
    path,
    answers: {
      200: {
        description: 'The message is canceled.',
        schema: messageSchema,
        examples: { Canceled: shown(canceledMessage) },
      },
    },
    errors: ['MESSAGE_NOT_FOUND', 'ALREADY_DISPATCHED'],
  },
  'POST /messages/:id/resend': {
    tag: 'Messages',
    summary: 'Send a failed message again',
    description:
      'A message that failed, expired or was canceled, as a new one with an id of its own; its `retry_of` names the old one.',
    path,
    headers: ['Prefer', 'Idempotency-Key'],
    answers: sendAnswers('image'),
    errors: ['MESSAGE_NOT_FOUND', 'ALREADY_DISPATCHED', 'MEDIA_NOT_FOUND', 'MEDIA_STORE_UNAVAILABLE', ...SEND_ERRORS],
  },
} satisfies Record<string, Operation>;
