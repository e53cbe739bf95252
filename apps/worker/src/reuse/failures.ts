/**
 * What is wrong with a piece of media, remembered for all that need it in the next moments: ten thousand messages with a URL
 * that leads nowhere ask its host once, not ten thousand times.
 */
import { type ErrorCode, PomboError } from '@pombo/contracts';
import { SECOND } from '@pombo/runtime';
import type { ReusableName } from '@pombo/store';
import type { Shelf } from './shelf.js';

export interface Failures {
  /** What this process has at hand. @throws PomboError as it failed before */
  recall(what: ReusableName): void;
  /** What failed a moment ago, here or elsewhere. */
  find(what: ReusableName): Promise<PomboError | undefined>;
  /** Makes it, and remembers how it failed. @throws as it fails */
  noting<T>(what: ReusableName, make: () => Promise<T>): Promise<T>;
}

interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly at: number;
}

/** They say something of the media, whoever sends it; what may pass is never among them. */
const OF_MEDIA: ReadonlySet<ErrorCode> = new Set([
  'MEDIA_DOWNLOAD_FAILED',
  'MEDIA_BLOCKED',
  'MEDIA_INVALID',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
]);

/** @param freshMs how long a failure stands; 0: for nobody else. */
export function createFailures(shelf: Shelf, freshMs: number): Failures {
  const nameOf = ({ tenantId, name }: ReusableName): ReusableName => ({ tenantId, name: `failure of ${name}` });

  return {
    recall(what) {
      const known = freshMs > 0 ? shelf.recall<Failure>(nameOf(what)) : undefined;
      if (known) throw toError(known.value);
    },
    async find(what) {
      const known = freshMs > 0 ? await shelf.find<Failure>(nameOf(what)) : undefined;
      return known && toError(known.value);
    },
    async noting(what, make) {
      try {
        return await make();
      } catch (error) {
        if (freshMs > 0 && isOfMedia(error)) shelf.save(nameOf(what), shelved(error, freshMs));
        throw error;
      }
    },
  };
}

export const isOfMedia = (error: unknown): error is PomboError =>
  error instanceof PomboError && !error.retryable && OF_MEDIA.has(error.code);

function shelved({ code, message }: PomboError, freshMs: number) {
  const at = Date.now();
  return { value: { code, message, at }, goodUntil: at + freshMs, seenAt: at };
}

function toError({ code, message, at }: Failure): PomboError {
  const agoSeconds = Math.max(0, Math.round((Date.now() - at) / SECOND));
  return new PomboError(code, `${message} That was found ${agoSeconds} s ago, and is not tried again just yet.`);
}
