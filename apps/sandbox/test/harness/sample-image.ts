import sharp from 'sharp';

/** A small picture; every `hue` gives another one. */
export function sampleImage(hue = 0): Promise<Buffer> {
  const background = { r: hue % 256, g: 120, b: 200 };
  return sharp({ create: { width: 64, height: 48, channels: 3, background } })
    .jpeg()
    .toBuffer();
}
