import { Curve, proto, type KeyPair } from '@pombo/whatsapp/protocol';

const ROOT_SERIAL = 0;
const INTERMEDIATE_SERIAL = 1;
const LEAF_SERIAL = 2;

/** What proves to a client that it reached WhatsApp: a static key and the certificates that lead to the pinned root. */
export interface NoiseIdentity {
  readonly rootPublicKey: Buffer;
  readonly staticKey: KeyPair;
  /** Encoded `CertChain`. */
  readonly certificateChain: Buffer;
}

export function createNoiseIdentity(): NoiseIdentity {
  const root = Curve.generateKeyPair();
  const intermediate = Curve.generateKeyPair();
  const staticKey = Curve.generateKeyPair();
  const chain = {
    intermediate: certify(root, { key: intermediate.public, serial: INTERMEDIATE_SERIAL, issuerSerial: ROOT_SERIAL }),
    leaf: certify(intermediate, { key: staticKey.public, serial: LEAF_SERIAL, issuerSerial: INTERMEDIATE_SERIAL }),
  };
  return {
    rootPublicKey: Buffer.from(root.public),
    staticKey,
    certificateChain: Buffer.from(proto.CertChain.encode(chain).finish()),
  };
}

function certify(issuer: KeyPair, subject: proto.CertChain.NoiseCertificate.IDetails) {
  const details = proto.CertChain.NoiseCertificate.Details.encode(subject).finish();
  return { details, signature: Curve.sign(issuer.private, details) };
}
