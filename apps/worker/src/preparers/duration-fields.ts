import type { SendMetadata } from '@pombo/contracts';

const MILLISECONDS = 1000;

/** A length as the message says it, in whole seconds, and as it was measured; nothing where it is not known. */
export function durationFields(durationSeconds: number | undefined): {
  readonly seconds: { readonly seconds?: number };
  readonly duration: Pick<SendMetadata, 'duration_seconds'>;
} {
  if (durationSeconds === undefined) return { seconds: {}, duration: {} };
  return {
    seconds: { seconds: Math.floor(durationSeconds) },
    duration: { duration_seconds: Math.round(durationSeconds * MILLISECONDS) / MILLISECONDS },
  };
}
