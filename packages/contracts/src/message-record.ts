import type { ErrorCode } from './errors.js';
import type { MessageType } from './send-routes.js';
import type { MessageState, Priority } from './message-state.js';

/**
 * What was measured while a message was sent. A value that isn't known is absent, never a guess.
 * Sizes in bytes, times in milliseconds. `…_size_bytes` and `…_format` are of what the client supplied.
 */
export interface SendMetadata {
  readonly processing_time_ms?: number;
  readonly image_size_bytes?: number;
  readonly image_format?: string;
  readonly video_size_bytes?: number;
  readonly video_format?: string;
  readonly audio_size_bytes?: number;
  readonly audio_format?: string;
  readonly sticker_size_bytes?: number;
  readonly sticker_format?: string;
  /** Of sound or video, in seconds with three decimals. */
  readonly duration_seconds?: number;
  readonly document_size_bytes?: number;
  readonly mime_type?: string;
  readonly file_name?: string;
  /** Of a PDF. */
  readonly page_count?: number;
  readonly download_time_ms?: number;
  readonly upload_time_ms?: number;
  readonly mentions_processed?: number;
  readonly quoted_message_found?: boolean;
  readonly view_once_enabled?: boolean;
  readonly delivered_format?: string;
  readonly width?: number;
  readonly height?: number;
  readonly upload_reused?: boolean;
  /** Of a video: false where none was given and none could be made, for want of ffmpeg for instance. */
  readonly thumbnail_included?: boolean;
  /** Of a voice note; the same. */
  readonly waveform_included?: boolean;
}

/** A message as remembered. Times in milliseconds since the epoch. */
export interface MessageRecord {
  readonly id: string;
  readonly type: MessageType;
  readonly state: MessageState;
  readonly tenantId: string;
  readonly userId: string;
  readonly deviceId: string;
  /** Position in the device's order of acceptance, from 1. */
  readonly sequence: number;
  readonly priority: Priority;
  /** Recipient as the client gave it, as a JID. */
  readonly to: string;
  /** The chat as WhatsApp knows it, once resolved. */
  readonly chatJid?: string;
  readonly clientReference?: string;
  /** The message this one repeats. */
  readonly retryOf?: string;
  /** How often it was handed to the socket; more than once only after an unknown outcome. */
  readonly attempts: number;
  readonly queuedAt: number;
  readonly sendAt?: number;
  readonly expiresAt: number;
  readonly processingAt?: number;
  readonly dispatchedAt?: number;
  readonly sentAt?: number;
  readonly deliveredAt?: number;
  readonly readAt?: number;
  readonly playedAt?: number;
  readonly failedAt?: number;
  readonly canceledAt?: number;
  readonly expiredAt?: number;
  readonly errorCode?: ErrorCode;
  readonly error?: string;
  readonly metadata: SendMetadata;
}
