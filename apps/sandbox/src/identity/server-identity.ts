import { randomBytes } from 'node:crypto';
import { createNoiseIdentity, type NoiseIdentity } from './noise-certificate.js';
import { createTlsCertificate, type TlsCertificate } from './tls-certificate.js';

/** What clients recognise the server by; kept over restarts when there is a state file. */
export interface ServerIdentity {
  readonly noise: NoiseIdentity;
  readonly tls: TlsCertificate;
  /** Signs media links, so that their expiry can't be edited. */
  readonly linkSecret: Buffer;
}

export async function createServerIdentity(): Promise<ServerIdentity> {
  return { noise: createNoiseIdentity(), tls: await createTlsCertificate(), linkSecret: randomBytes(32) };
}
