/** What the routes about messages answer. */
import { ERROR_CODES, type ErrorCode, MESSAGE_TYPES } from '@pombo/contracts';
import Joi from 'joi';
import { metadataExample, metadataSchema } from './send-answers.js';
import {
  CHAT_JID,
  count,
  DEVICE_ID,
  deviceId,
  jid,
  later,
  MESSAGE_ID,
  messageId,
  priority,
  state,
  success,
  TIME,
  timestamp,
  USER_ID,
} from './values.js';

const errorCode = Joi.string().valid(...(Object.keys(ERROR_CODES) as ErrorCode[]));

const messageKeys = {
  message_id: messageId.required(),
  job_id: messageId.required(),
  status: state.required(),
  type: Joi.string()
    .valid(...MESSAGE_TYPES)
    .required(),
  chat_jid: jid.required(),
  is_group: Joi.boolean().required(),
  device_id: deviceId.required(),
  user_id: Joi.string().required(),
  client_reference: Joi.string(),
  retry_of: messageId.description('The message that this one repeats.'),
  priority: priority.required(),
  sequence: count.required().description('Its place among all messages of the device, from 1.'),
  attempts: count
    .required()
    .description('How often it was handed to WhatsApp; more than once only when an outcome stayed unknown.'),
  timestamp: timestamp.required().description('When it came to its present `status`.'),
  queued_at: timestamp.required(),
  send_at: timestamp,
  expires_at: timestamp,
  processing_at: timestamp,
  dispatched_at: timestamp,
  sent_at: timestamp,
  delivered_at: timestamp,
  read_at: timestamp,
  played_at: timestamp,
  failed_at: timestamp,
  canceled_at: timestamp,
  expired_at: timestamp,
  error: Joi.string().description('Why it failed, for people.'),
  error_code: errorCode.description('Why it failed, for programs.'),
  metadata: metadataSchema.required(),
};

export const messageSchema = Joi.object({ success, ...messageKeys }).meta({ component: 'Message' });

export const messageListSchema = Joi.object({
  success,
  messages: Joi.array()
    .items(Joi.object(messageKeys).meta({ component: 'ListedMessage' }))
    .required(),
  next: Joi.string().allow(null).required().description('What to give as `after` for the next page; null on the last.'),
});

const timeOrNull = timestamp.allow(null).required();

export const messageStatusSchema = Joi.object({
  success,
  message_id: messageId.required(),
  chat_jid: jid.required(),
  is_group: Joi.boolean().required(),
  status: Joi.string().valid('pending', 'delivered', 'read', 'played').required(),
  state: state.required().description('The same in Pombo’s own words.'),
  delivered_at: timeOrNull,
  read_at: timeOrNull,
  played_at: timeOrNull,
  error: Joi.string(),
  error_code: errorCode,
}).meta({ component: 'MessageStatus' });

const queued = {
  message_id: MESSAGE_ID,
  job_id: MESSAGE_ID,
  status: 'queued',
  type: 'image',
  chat_jid: CHAT_JID,
  is_group: false,
  device_id: DEVICE_ID,
  user_id: USER_ID,
  client_reference: 'order-1042',
  priority: 'normal',
  sequence: 17,
  attempts: 0,
  timestamp: TIME,
  queued_at: TIME,
  expires_at: later(86_400_000),
  metadata: { device_id: DEVICE_ID, user_id: USER_ID },
};

const taken = { ...queued, processing_at: later(58), attempts: 1, dispatched_at: later(640) };

export const deliveredMessage = {
  ...taken,
  status: 'delivered',
  timestamp: later(1400),
  sent_at: later(900),
  delivered_at: later(1400),
  metadata: metadataExample('image'),
};

export const failedMessage = {
  ...queued,
  status: 'failed',
  timestamp: later(2300),
  processing_at: later(58),
  failed_at: later(2300),
  error: 'the media host answered 404',
  error_code: 'MEDIA_DOWNLOAD_FAILED',
};

export const canceledMessage = { ...queued, status: 'canceled', timestamp: later(5000), canceled_at: later(5000) };

const status = {
  success: true,
  message_id: MESSAGE_ID,
  chat_jid: CHAT_JID,
  is_group: false,
  delivered_at: null,
  read_at: null,
  played_at: null,
};

export const pendingStatus = { ...status, status: 'pending', state: 'sent' };
export const readStatus = { ...status, status: 'read', state: 'read', delivered_at: later(1400), read_at: later(9000) };
export const failedStatus = {
  ...status,
  status: 'pending',
  state: 'failed',
  error: 'the recipient’s number is not on WhatsApp',
  error_code: 'RECIPIENT_NOT_ON_WHATSAPP',
};
