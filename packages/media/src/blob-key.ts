/** What every blob store does alike with keys, and says alike of blobs. */
import { createHash } from 'node:crypto';
import { PomboError } from '@pombo/contracts';

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Keys become paths: nothing but a hash may pass. */
export function requireKey(sha256: string): string {
  if (/^[0-9a-f]{64}$/.test(sha256)) return sha256;
  throw new PomboError('VALIDATION_ERROR', 'A media key is 64 lower-case hex digits.');
}

export function requireToken(token: string): string {
  if (/^[A-Za-z0-9_-]{1,128}$/.test(token)) return token;
  throw new PomboError('VALIDATION_ERROR', 'A probe token is 1 to 128 letters, digits, dashes and underscores.');
}

/** Our failure, not the client's: the file it sent was fine. */
export function damagedBlob(): PomboError {
  return new PomboError('INTERNAL_ERROR', 'The stored media is damaged: its bytes no longer match its key.');
}

/** Passes the content on; whoever reads to the end learns there if it is not what the key says. */
export async function* verified(
  content: AsyncIterable<Buffer>,
  sha256: string,
): AsyncGenerator<Buffer, void, undefined> {
  const hash = createHash('sha256');
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== sha256) throw damagedBlob();
}
