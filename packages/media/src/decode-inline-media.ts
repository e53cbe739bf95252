/** Media that came inside the request body, as base64. */
import { PomboError } from '@pombo/contracts';

export interface InlineMediaOptions {
  /** Largest decoded size, in bytes. */
  readonly maxBytes: number;
  /** The request field, for the error. */
  readonly field: string;
}

export interface InlineMedia {
  readonly bytes: Buffer;
  /** From the data URI; not to be trusted. */
  readonly declaredMimeType?: string;
}

/** A longer header is no data URI anybody writes. */
const MAX_DATA_URI_HEADER = 256;

/** Characters decoded in one go, a multiple of four: strings this short cost V8 no pages of their own. */
const PIECE_CHARS = 48 * 1024;
const SPACES = [' ', '\n', '\r', '\t'];

/**
 * Decodes base64 strictly: standard alphabet, right padding, right length; spaces and line breaks are skipped. The
 * url-safe alphabet is refused: the API promises the standard one, and a mix of both is a mistake worth hearing about.
 *
 * @param value - base64, with or without a `data:…;base64,` prefix; as text, or as the bytes of one, which are then
 *   overwritten by what they stand for
 * @throws PomboError VALIDATION_ERROR naming the field, never its content; PAYLOAD_TOO_LARGE, decided before decoding
 */
export function decodeInlineMedia(value: string | Buffer, { maxBytes, field }: InlineMediaOptions): InlineMedia {
  const given = typeof value === 'string' ? Buffer.from(value) : value;
  const { payload, declaredMimeType } = splitDataUri(given, field);
  const base64 = withoutSpaces(payload);
  if (base64.length === 0) throw invalid(field, 'is empty');
  const sizeBytes = decodedLength(base64);
  if (sizeBytes > maxBytes) {
    const message = `${field} is larger than the limit of ${maxBytes} bytes`;
    throw new PomboError('PAYLOAD_TOO_LARGE', message, { validation: [{ field, message }] });
  }
  const bytes = decodeStrictly(base64, sizeBytes, field);
  return declaredMimeType === undefined ? { bytes } : { bytes, declaredMimeType };
}

function splitDataUri(given: Buffer, field: string): { payload: Buffer; declaredMimeType?: string } {
  const start = given.toString('latin1', 0, MAX_DATA_URI_HEADER);
  if (!/^\s*data:/i.test(start.slice(0, 16))) return { payload: given };
  const comma = start.indexOf(',');
  const header = start.slice(start.indexOf(':') + 1, comma).trim();
  if (comma < 0 || !/;\s*base64$/i.test(header)) throw invalid(field, 'is a data URI without ";base64,"');
  const mediaType = header.split(';')[0]?.trim().toLowerCase() ?? '';
  const payload = given.subarray(comma + 1);
  return /^[\w.+-]+\/[\w.+-]+$/.test(mediaType) ? { payload, declaredMimeType: mediaType } : { payload };
}

function withoutSpaces(payload: Buffer): Buffer {
  if (!SPACES.some((space) => payload.includes(space))) return payload;
  return Buffer.from(payload.toString('latin1').replace(/[ \t\r\n]+/g, ''), 'latin1');
}

function decodedLength(base64: Buffer): number {
  const end = base64.toString('latin1', Math.max(0, base64.length - 2));
  const padding = end === '==' ? 2 : end.endsWith('=') ? 1 : 0;
  return Math.floor((base64.length * 3) / 4) - padding;
}

/**
 * Node's decoder skips what it doesn't know and takes both alphabets. With the length a multiple of four, it returns
 * the expected number of bytes only when it skipped nothing. A regular expression would cost 1.6 ms for 200 KB, ten
 * times the decoding.
 */
function decodeStrictly(base64: Buffer, sizeBytes: number, field: string): Buffer {
  if (base64.includes('-') || base64.includes('_')) {
    throw invalid(field, 'uses the url-safe base64 alphabet; send standard base64');
  }
  if (base64.length % 4 !== 0) throw invalid(field, 'is not base64: its length is not a multiple of 4');
  const bytes = base64.subarray(0, sizeBytes);
  let decoded = 0;
  for (let from = 0; from < base64.length; from += PIECE_CHARS) {
    // A copy; what is decoded of it is shorter, and so never reaches what has not been read.
    const piece = base64.toString('latin1', from, from + PIECE_CHARS);
    const expected = Math.min(sizeBytes - decoded, (piece.length / 4) * 3);
    if (bytes.write(piece, decoded, 'base64') !== expected) throw invalid(field, 'is not base64');
    decoded += expected;
  }
  return bytes;
}

function invalid(field: string, problem: string): PomboError {
  return new PomboError('VALIDATION_ERROR', `${field} ${problem}.`, {
    validation: [{ field, message: `${field} ${problem}` }],
  });
}
