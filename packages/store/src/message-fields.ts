/**
 * A record as Redis holds it: a flat hash of short fields, none over 64 bytes in the usual case, so that Redis keeps
 * it as one compact listpack (`hash-max-listpack-value 64`).
 */
import type { ErrorCode, MessageRecord, MessageState, MessageType, Priority, SendMetadata } from '@pombo/contracts';

type Fields = Readonly<Record<string, string>>;

/** `processing_time_ms` follows from the stamps; a file's name is part of the content, which is encrypted. */
const METADATA_FIELDS = {
  image_size_bytes: 'mb',
  image_format: 'mf',
  video_size_bytes: 'vb',
  video_format: 'vf',
  audio_size_bytes: 'ab',
  audio_format: 'af',
  sticker_size_bytes: 'tb',
  sticker_format: 'tf',
  duration_seconds: 'ms',
  document_size_bytes: 'mz',
  mime_type: 'mt',
  page_count: 'mg',
  download_time_ms: 'md',
  upload_time_ms: 'mu',
  mentions_processed: 'mm',
  quoted_message_found: 'mq',
  view_once_enabled: 'mv',
  delivered_format: 'mo',
  width: 'mw',
  height: 'mh',
  upload_reused: 'mr',
  thumbnail_included: 'mn',
  waveform_included: 'ma',
} as const satisfies Record<Exclude<keyof SendMetadata, 'processing_time_ms' | 'file_name'>, string>;

const TEXT_METADATA: ReadonlySet<string> = new Set([
  ...['image_format', 'video_format', 'audio_format', 'sticker_format', 'mime_type', 'delivered_format'],
]);
const FLAG_METADATA: ReadonlySet<string> = new Set([
  ...['quoted_message_found', 'view_once_enabled', 'upload_reused', 'thumbnail_included', 'waveform_included'],
]);

/** Field, value, field, value… for the scripts. */
export function metadataToFields(metadata: SendMetadata): string[] {
  return Object.entries(METADATA_FIELDS).flatMap(([name, field]) => {
    const value = metadata[name as keyof typeof METADATA_FIELDS];
    if (value === undefined) return [];
    return [field, typeof value === 'boolean' ? String(Number(value)) : String(value)];
  });
}

const METADATA = Object.entries(METADATA_FIELDS);

function metadataFromFields(fields: Fields): SendMetadata {
  const known: Record<string, string | number | boolean> = {};
  // From taking the message up to WhatsApp's acknowledgement.
  if (fields['sAt'] && fields['pAt']) known['processing_time_ms'] = Number(fields['sAt']) - Number(fields['pAt']);
  for (const [name, field] of METADATA) {
    const value = fields[field];
    if (value === undefined) continue;
    if (TEXT_METADATA.has(name)) known[name] = value;
    else known[name] = FLAG_METADATA.has(name) ? value === '1' : Number(value);
  }
  return known;
}

const STAMPS = {
  sendAt: 'due',
  processingAt: 'pAt',
  dispatchedAt: 'xAt',
  sentAt: 'sAt',
  deliveredAt: 'dAt',
  readAt: 'rAt',
  playedAt: 'plAt',
  failedAt: 'fAt',
  canceledAt: 'cAt',
  expiredAt: 'eAt',
} as const satisfies Partial<Record<keyof MessageRecord, string>>;

const STAMP_FIELDS = Object.entries(STAMPS) as Array<[keyof typeof STAMPS, string]>;

type Draft = { -readonly [Field in keyof MessageRecord]: MessageRecord[Field] };

/** Without spreads, which take longer than all the rest: lists and events read many. @param fields the whole hash, with at least what `accept` writes. */
export function recordFromFields(id: string, fields: Fields): MessageRecord {
  const need = (field: string): string => fields[field] ?? '';
  const record: Draft = {
    id,
    type: need('t') as MessageType,
    state: need('st') as MessageState,
    tenantId: need('n'),
    userId: need('u'),
    deviceId: need('d'),
    sequence: Number(need('seq')),
    priority: need('pr') as Priority,
    to: need('to'),
    attempts: Number(fields['att'] ?? 0),
    queuedAt: Number(need('qAt')),
    expiresAt: Number(need('exp')),
    metadata: metadataFromFields(fields),
  };
  for (const [name, field] of STAMP_FIELDS) {
    const value = fields[field];
    if (value !== undefined) record[name] = Number(value);
  }
  if (fields['chat'] !== undefined) record.chatJid = fields['chat'];
  if (fields['ref'] !== undefined) record.clientReference = fields['ref'];
  if (fields['of'] !== undefined) record.retryOf = fields['of'];
  if (fields['code'] !== undefined) record.errorCode = fields['code'] as ErrorCode;
  if (fields['err'] !== undefined) record.error = fields['err'];
  return record;
}
