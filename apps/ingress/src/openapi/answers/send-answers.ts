/** What a send answers. */
import { type MediaKind, mediaOf, type MessageType, type SendMetadata } from '@pombo/contracts';
import Joi from 'joi';
import {
  CHAT_JID,
  count,
  DEVICE_ID,
  deviceId,
  jid,
  later,
  MESSAGE_ID,
  messageId,
  success,
  TIME,
  timestamp,
  USER_ID,
  warnings,
} from './values.js';

const sendKeys = {
  success,
  message_id: messageId.required().description('The message’s id: here, at WhatsApp, and in every event.'),
  job_id: messageId.required().description('The same as `message_id`.'),
  timestamp: timestamp.required(),
  chat_jid: jid.required().description('The chat. Until WhatsApp has been asked, the number’s own JID.'),
  device_id: deviceId.required().description('The device that sends.'),
  message: Joi.string().description('A sentence for people; lists only.'),
  warnings,
};

export const acceptedSchema = Joi.object({ ...sendKeys, status: Joi.valid('queued').required() }).meta({
  component: 'AcceptedMessage',
});

/** One key for every value of `SendMetadata`. */
const measured = {
  processing_time_ms: count.description('From the worker’s taking it up to WhatsApp’s acknowledgement.'),
  image_size_bytes: count.description('Of the picture as it was supplied.'),
  image_format: Joi.string().description('MIME type of the picture as it was supplied.'),
  video_size_bytes: count.description('Of the video as it was supplied.'),
  video_format: Joi.string().description('MIME type of the video as it was supplied.'),
  audio_size_bytes: count.description('Of the audio as it was supplied.'),
  audio_format: Joi.string().description('MIME type of the audio as it was supplied.'),
  sticker_size_bytes: count.description('Of the sticker as it was supplied.'),
  sticker_format: Joi.string().description('MIME type of the sticker as it was supplied.'),
  duration_seconds: Joi.number().min(0).description('Of sound or video.'),
  document_size_bytes: count,
  mime_type: Joi.string().description('What the recipient is told the file is.'),
  file_name: Joi.string(),
  page_count: count.description('Of a PDF that could be read.'),
  download_time_ms: count.description(
    'Absent where nothing had to be downloaded; 0 where another message’s download was used.',
  ),
  upload_time_ms: count.description('0 where another message’s upload was used.'),
  mentions_processed: count,
  quoted_message_found: Joi.boolean(),
  view_once_enabled: Joi.boolean(),
  delivered_format: Joi.string().description('MIME type of the media as the recipient gets it.'),
  width: count.description('Of the picture or video as the recipient gets it.'),
  height: count,
  upload_reused: Joi.boolean().description('Whether an earlier upload of the same bytes was used.'),
  thumbnail_included: Joi.boolean().description(
    'Of a video: false where none was given and none could be made, as without ffmpeg.',
  ),
  waveform_included: Joi.boolean().description(
    'Of a voice note: false where none was given and none could be made, as without ffmpeg.',
  ),
} satisfies Record<keyof SendMetadata, Joi.Schema>;

export const metadataSchema = Joi.object({
  device_id: deviceId.required(),
  user_id: Joi.string().required(),
  ...measured,
  sent_at: timestamp,
})
  .description('What was measured. A value that is not known, or makes no sense for the type, is absent.')
  .meta({ component: 'SendMetadata' });

export const sentSchema = Joi.object({
  ...sendKeys,
  status: Joi.valid('sent').required(),
  metadata: metadataSchema.required(),
}).meta({ component: 'SentMessage' });

const common = { success: true, message_id: MESSAGE_ID, job_id: MESSAGE_ID };
const where = { chat_jid: CHAT_JID, device_id: DEVICE_ID };

const sentence = (type: MessageType, message: string) => (type === 'interactive' ? { message } : {});

export function acceptedExample(type: MessageType) {
  return { ...common, timestamp: TIME, status: 'queued', ...where, ...sentence(type, 'The list is queued.') };
}

const MEASURED: Readonly<Record<MediaKind | 'none', SendMetadata>> = {
  none: {},
  image: {
    image_size_bytes: 184_320,
    image_format: 'image/png',
    delivered_format: 'image/jpeg',
    width: 1280,
    height: 853,
    view_once_enabled: false,
    download_time_ms: 211,
    upload_time_ms: 430,
    upload_reused: false,
  },
  video: {
    video_size_bytes: 4_820_113,
    video_format: 'video/mp4',
    delivered_format: 'video/mp4',
    width: 1280,
    height: 720,
    duration_seconds: 12.48,
    view_once_enabled: false,
    download_time_ms: 1_320,
    upload_time_ms: 1_610,
    upload_reused: false,
  },
  audio: {
    audio_size_bytes: 96_410,
    audio_format: 'audio/mpeg',
    delivered_format: 'audio/ogg; codecs=opus',
    duration_seconds: 6.03,
    view_once_enabled: false,
    download_time_ms: 160,
    upload_time_ms: 190,
    upload_reused: false,
  },
  sticker: {
    sticker_size_bytes: 38_204,
    sticker_format: 'image/webp',
    delivered_format: 'image/webp',
    width: 512,
    height: 512,
    download_time_ms: 120,
    upload_time_ms: 170,
    upload_reused: false,
  },
  document: {
    document_size_bytes: 48_213,
    mime_type: 'application/pdf',
    file_name: 'invoice-1042.pdf',
    page_count: 2,
    download_time_ms: 180,
    upload_time_ms: 240,
    upload_reused: false,
  },
};

export function metadataExample(type: MessageType) {
  return {
    device_id: DEVICE_ID,
    user_id: USER_ID,
    processing_time_ms: 842,
    ...MEASURED[mediaOf(type)?.kind ?? 'none'],
    mentions_processed: 0,
    quoted_message_found: false,
    sent_at: later(900),
  };
}

export function sentExample(type: MessageType) {
  return {
    ...common,
    timestamp: later(900),
    status: 'sent',
    ...where,
    ...sentence(type, 'The list was sent.'),
    metadata: metadataExample(type),
  };
}
