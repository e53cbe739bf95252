/** Until when messages may refer to an upload: a phone may fetch it some time after it got the message. */
import type { Config } from '@pombo/runtime';
import type { UploadedMedia } from '@pombo/whatsapp';

type Limits = Pick<Config, 'UPLOAD_REUSE_MS' | 'UPLOAD_EXPIRY_MARGIN_MS'>;

/** @returns milliseconds since the epoch. */
export function uploadGoodUntil({ url, directPath }: UploadedMedia, limits: Limits, now = Date.now()): number {
  const capped = now + limits.UPLOAD_REUSE_MS;
  const expiresAt = expiryOf(directPath) ?? expiryOf(url);
  if (expiresAt === undefined) return capped;
  // A link that ends sooner than the margin is good for half its time.
  const marginMs = Math.min(limits.UPLOAD_EXPIRY_MARGIN_MS, (expiresAt - now) / 2);
  return Math.min(capped, expiresAt - marginMs);
}

/** WhatsApp's links say in `oe` when they end: Unix seconds in hex. */
function expiryOf(link: string): number | undefined {
  const seconds = parseInt(/[?&]oe=([0-9a-fA-F]{1,12})(?:&|$)/.exec(link)?.[1] ?? '', 16);
  return Number.isNaN(seconds) ? undefined : seconds * 1000;
}
