/** The `Idempotency-Key` header: any text a client likes, of a length that can be hashed without a thought. */
import { PomboError } from '@pombo/contracts';

export const IDEMPOTENCY_KEY = 'Idempotency-Key';
const MAX_LENGTH = 255;

/** @throws PomboError VALIDATION_ERROR, naming the header. */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const problem = problemOf(header);
  if (problem === undefined) return header;
  const message = `${IDEMPOTENCY_KEY} ${problem}`;
  throw new PomboError('VALIDATION_ERROR', message, { validation: [{ field: IDEMPOTENCY_KEY, message }] });
}

function problemOf(key: string): string | undefined {
  if (key.trim() === '') return 'must not be empty';
  if (key.length > MAX_LENGTH) return `must be at most ${MAX_LENGTH} characters long`;
  return /\p{Cc}/u.test(key) ? 'must not contain control characters' : undefined;
}
