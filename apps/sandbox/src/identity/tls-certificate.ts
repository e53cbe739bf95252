import { generate } from 'selfsigned';

const VALID_FOR_MS = 3650 * 24 * 60 * 60 * 1000;

export interface TlsCertificate {
  /** PEM. */
  readonly key: string;
  /** PEM; its own authority, so it is also what a client verifies with. */
  readonly cert: string;
}

/** A self-signed certificate for `127.0.0.1` and `localhost`. */
export async function createTlsCertificate(): Promise<TlsCertificate> {
  const pem = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + VALID_FOR_MS),
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { key: pem.private, cert: pem.cert };
}
