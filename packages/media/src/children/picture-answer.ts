/** Pixels on their way from a child process: width, height and bytes a pixel, then the rows from the top. */
export interface RawPicture {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, and alpha where there are four. */
  readonly channels: 3 | 4;
  readonly data: Uint8Array;
}

const HEAD_BYTES = 12;

export function pictureAnswer({ width, height, channels, data }: RawPicture): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  [width, height, channels].forEach((value, index) => head.writeUInt32LE(value, index * 4));
  return Buffer.concat([head, data]);
}

/** @returns undefined when the answer is not whole. */
export function pictureOf(answer: Buffer): RawPicture | undefined {
  if (answer.length < HEAD_BYTES) return undefined;
  const [width, height, channels] = [0, 4, 8].map((offset) => answer.readUInt32LE(offset)) as [number, number, number];
  const data = answer.subarray(HEAD_BYTES);
  if (channels !== 3 && channels !== 4) return undefined;
  if (width * height === 0 || data.length !== width * height * channels) return undefined;
  return { width, height, channels, data };
}
