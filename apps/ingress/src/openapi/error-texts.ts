/** What each error code means to a client; a code without a text does not compile. */
import type { ErrorCode } from '@pombo/contracts';

export const ERROR_TEXTS: Readonly<Record<ErrorCode, string>> = {
  VALIDATION_ERROR: 'A field, parameter or header is missing or wrong; `validation` names each.',
  INVALID_JSON: 'The body is not valid JSON.',
  UNAUTHORIZED: 'The token is missing, malformed or nobody’s.',
  FORBIDDEN: 'The token’s role may not do this.',
  NOT_FOUND: 'There is nothing at this path.',
  DEVICE_NOT_FOUND: 'You have no such device, or none at all.',
  MESSAGE_NOT_FOUND: 'You have no message with this id, or not any more.',
  MEDIA_NOT_FOUND: 'You have no media with this `media_id`, or not any more.',
  WEBHOOK_NOT_FOUND: 'You have no webhook endpoint with this id, or none at all.',
  DEVICE_NOT_READY: 'The device was never paired, its phone has logged it out, or WhatsApp has banned its account.',
  ALREADY_DISPATCHED:
    'The message has been handed to WhatsApp, or has ended; or it has not ended and cannot be repeated.',
  ALREADY_CONNECTED: 'The device is connected already, or, where a code is asked for, paired.',
  WEBHOOK_DISABLED: 'The webhook endpoint is disabled: enable it first.',
  WEBHOOK_LIMIT_REACHED: 'You have as many webhook endpoints as a tenant may have.',
  PAYLOAD_TOO_LARGE: 'The body, or the media in it, is larger than the limit.',
  UNSUPPORTED_MEDIA_TYPE: 'The body is not JSON, or the media is of a kind that cannot be sent like this.',
  IDEMPOTENCY_KEY_REUSED: 'The `Idempotency-Key` belongs to another request.',
  MEDIA_DOWNLOAD_FAILED: 'The media could not be fetched from its URL.',
  MEDIA_BLOCKED: 'The URL leads to an address that Pombo does not fetch from.',
  MEDIA_INVALID: 'The media is broken, or not what it is said to be.',
  RECIPIENT_NOT_ON_WHATSAPP: 'The number is not on WhatsApp.',
  ACCOUNT_RESTRICTED: 'WhatsApp restricts this account from writing to this chat (463).',
  REJECTED_BY_WHATSAPP: 'WhatsApp refused the message.',
  EXPIRED: 'The message’s time ran out before its device could send it.',
  CANCELED: 'The message was canceled before it was sent.',
  UPLOAD_FAILED: 'The media could not be uploaded to WhatsApp.',
  RATE_LIMITED: 'Too much is waiting, or too many requests came at once; `Retry-After` says when to come back.',
  QUEUE_UNAVAILABLE:
    'The queue cannot be reached. With a `message_id` the message may exist all the same: look it up, or repeat the request under the same `Idempotency-Key`.',
  MEDIA_STORE_FULL: 'The store for media is full of what waits to be sent; nothing was accepted. URLs still are.',
  MEDIA_STORE_UNAVAILABLE: 'The store for media cannot be reached; nothing was accepted.',
  DEVICE_ERROR: 'The device, or the worker that holds it, did not do what was asked in time.',
  SEND_TIMEOUT:
    'WhatsApp acknowledged nothing, however often the message was sent; a late acknowledgement still counts.',
  INTERNAL_ERROR: 'Something went wrong inside; the log has it under the `request_id`.',
};
