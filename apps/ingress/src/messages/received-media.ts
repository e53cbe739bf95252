/** Media that somebody sent to a device, as the worker has kept it. */
import { setTimeout as pause } from 'node:timers/promises';
import { type MediaFate, PomboError, type StoredReceived } from '@pombo/contracts';
import type { Caller, Store } from '@pombo/store';
import { listOwnDevices } from '../devices/choose-device.js';
import { messageNotFound } from './find-own-message.js';

export interface ReceivedFile {
  /** Key in the blob store. */
  readonly sha256: string;
  readonly mimeType: string;
  readonly fileName: string | undefined;
}

/** How long a request waits for media that is still being fetched. */
const WAIT_MS = 20_000;
const POLL_MS = 200;
/** What `Retry-After` says, while it is being fetched and while nobody can fetch it. */
const SOON_SECONDS = 5;
const LATER_SECONDS = 30;
/** Strangers choose it, so it must at least look like one. */
const MIME_TYPE = /^[\w.+-]+\/[\w.+-]+$/;

const REASONS: Readonly<Record<Exclude<MediaFate, 'pending' | 'stored'>, string>> = {
  'too-large': 'the media is larger than INBOUND_MEDIA_MAX_BYTES and was not kept',
  failed: 'the media could not be fetched from WhatsApp',
  off: 'media of received messages is not kept here (INBOUND_MEDIA_MAX_BYTES is 0)',
};

/** @throws PomboError MESSAGE_NOT_FOUND, MEDIA_NOT_FOUND, DEVICE_ERROR while it is still being fetched */
export async function findReceivedMedia(
  { devices, received }: Store,
  caller: Caller,
  messageId: string,
  signal: AbortSignal,
): Promise<ReceivedFile> {
  const own = await listOwnDevices(devices, caller);
  const find = () =>
    received.find(
      own.map(({ id }) => id),
      messageId,
    );
  const deadline = performance.now() + WAIT_MS;
  let found = await find();
  while (found && isBeingFetched(found) && performance.now() < deadline && !signal.aborted) {
    await pause(POLL_MS);
    found = await find();
  }
  if (!found) throw messageNotFound();
  return fileOf(found);
}

/** Otherwise it may be long until a worker comes to it: its device is not connected. */
function isBeingFetched({ fate, until = 0 }: StoredReceived): boolean {
  return fate === 'pending' && until > Date.now();
}

function fileOf(received: StoredReceived): ReceivedFile {
  const { message, fate, sha256 } = received;
  if (fate === undefined) throw new PomboError('MEDIA_NOT_FOUND', 'this message carries no media');
  if (fate === 'pending' && received.reference) throw stillComing(isBeingFetched(received));
  if (fate !== 'stored' || !sha256)
    throw new PomboError('MEDIA_NOT_FOUND', REASONS[fate as 'failed'] ?? REASONS.failed);
  const declared = message.media?.mimeType?.split(';')[0]?.trim().toLowerCase() ?? '';
  const mimeType = MIME_TYPE.test(declared) ? declared : 'application/octet-stream';
  return { sha256, mimeType, fileName: message.media?.fileName };
}

function stillComing(isBeingFetched: boolean): PomboError {
  const [message, retryAfterSeconds] = isBeingFetched
    ? ['the media is still being fetched from WhatsApp; ask again shortly', SOON_SECONDS]
    : ['the media is fetched from WhatsApp once the device is connected; ask again later', LATER_SECONDS];
  return new PomboError('DEVICE_ERROR', message, { retryable: true, retryAfterSeconds });
}
