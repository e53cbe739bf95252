/** A program of its own: reads a BMP from its input and writes its pixels. Run by `bmp-reader.ts`. */
import { buffer } from 'node:stream/consumers';
import { decode } from 'bmp-ts';
import { pictureAnswer, type RawPicture } from './picture-answer.js';

/** Of red, green, blue and alpha, the first three: what programs write into the fourth is seldom meant. */
function withoutAlpha(pixels: Uint8Array): Buffer {
  const opaque = Buffer.allocUnsafe((pixels.length / 4) * 3);
  for (let from = 0, to = 0; from < pixels.length; from += 4, to += 3) {
    opaque[to] = pixels[from] ?? 0;
    opaque[to + 1] = pixels[from + 1] ?? 0;
    opaque[to + 2] = pixels[from + 2] ?? 0;
  }
  return opaque;
}

async function main(): Promise<void> {
  const { width, height, data } = decode(await buffer(process.stdin), { toRGBA: true });
  const picture: RawPicture = { width, height: Math.abs(height), channels: 3, data: withoutAlpha(data) };
  process.stdout.write(pictureAnswer(picture));
}

await main();
