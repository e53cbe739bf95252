/**
 * WhatsApp's wire format as Baileys exports it: codec, protobufs, cryptography and libsignal.
 * Stands apart from the session so that the sandbox, which plays the server and the phones, can speak the same
 * protocol without a second door to the library.
 */
export {
  addTransactionCapability,
  aesDecryptGCM,
  aesEncryptGCM,
  BufferJSON,
  binaryNodeToString,
  Curve,
  decodeBinaryNode,
  derivePairingCodeKey,
  encodeBigEndian,
  encodeBinaryNode,
  encodeSignedDeviceIdentity,
  generateSignalPubKey,
  getAllBinaryNodeChildren,
  getBinaryNodeChild,
  getBinaryNodeChildBuffer,
  getBinaryNodeChildren,
  getMediaKeys,
  hkdf,
  hmacSign,
  initAuthCreds,
  jidDecode,
  jidEncode,
  jidNormalizedUser,
  DEFAULT_CONNECTION_CONFIG,
  NOISE_MODE,
  NOISE_WA_HEADER,
  proto,
  S_WHATSAPP_NET,
  sha256,
  signedKeyPair,
  unpadRandomMax16,
  writeRandomPadMax16,
  WA_ADV_ACCOUNT_SIG_PREFIX,
  WA_ADV_DEVICE_SIG_PREFIX,
  generateParticipantHashV2,
} from '@whiskeysockets/baileys';
export type { AuthenticationCreds, BinaryNode, SignalKeyStore } from '@whiskeysockets/baileys';
export * as libsignal from 'libsignal';
