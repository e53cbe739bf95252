import { PomboError } from '@pombo/contracts';

/** @throws PomboError PAYLOAD_TOO_LARGE */
export function requireSize(sizeBytes: number, maxBytes: number): void {
  if (sizeBytes <= maxBytes) return;
  throw new PomboError('PAYLOAD_TOO_LARGE', `The media is larger than the limit of ${maxBytes} bytes.`);
}
