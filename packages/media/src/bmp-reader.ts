/** BMP, which libvips as sharp ships it does not read. Decoding is JavaScript and takes long, so it has its own process. */
import { PomboError } from '@pombo/contracts';
import { childProgram } from './children/child-program.js';
import { pictureOf, type RawPicture } from './children/picture-answer.js';
import { createGate } from './gate.js';
import { ChildFailedError, collectOutput, runChild } from './run-child.js';

/** Largest BMP taken, in pixels: 16 MB hold a third of it in true colour. */
const MAX_PIXELS = 16_000_000;
const HEADER_BYTES = 26;
const TIMEOUT_MS = 10_000;

/** Reads one at a time. @throws PomboError MEDIA_INVALID */
export type ReadBmp = (bytes: Buffer) => Promise<RawPicture>;

export function createBmpReader(): ReadBmp {
  const gate = createGate(1);
  return async (bytes) => {
    requireSize(bytes);
    return gate.run(() => decodeApart(bytes));
  };
}

async function decodeApart(bytes: Buffer): Promise<RawPicture> {
  const consume = (output: Parameters<typeof collectOutput>[0]) => collectOutput(output, MAX_PIXELS * 3 + 1_024);
  try {
    const answer = await runChild({ ...childProgram('bmp-child'), input: bytes, timeoutMs: TIMEOUT_MS, consume });
    const picture = pictureOf(answer);
    if (picture) return picture;
  } catch (error) {
    if (!(error instanceof ChildFailedError)) throw error;
    throw damaged(error);
  }
  throw damaged();
}

/** Both headers there are say it at the same place: 32 bits each, the height negative where rows go from the top. */
function requireSize(bytes: Buffer): void {
  if (bytes.length < HEADER_BYTES) throw damaged();
  const width = bytes.readInt32LE(18);
  const height = Math.abs(bytes.readInt32LE(22));
  if (width <= 0 || height === 0) throw damaged();
  if (width * height <= MAX_PIXELS) return;
  const limit = `the limit for BMP is ${MAX_PIXELS / 1_000_000} million`;
  throw new PomboError('MEDIA_INVALID', `The image has ${width} × ${height} pixels; ${limit}.`);
}

function damaged(cause?: Error): PomboError {
  const message = 'The image is damaged or cut off and can not be read.';
  return new PomboError('MEDIA_INVALID', message, cause ? { cause } : {});
}
