import sharp from 'sharp';

/** A small PNG with some structure. @param hue makes different pictures. */
export function makePicture(hue = 200, width = 320, height = 200): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <rect width="100%" height="100%" fill="hsl(${hue},60%,80%)"/>
    <circle cx="${width / 2}" cy="${height / 2}" r="${height / 3}" fill="hsl(${(hue + 120) % 360},70%,50%)"/></svg>`;
  return sharp(Buffer.from(svg)).png().toBuffer();
}

/** A WebP of two frames. */
export async function makeMovingSticker(): Promise<Buffer> {
  const frames = await Promise.all([10, 200].map((hue) => makePicture(hue, 64, 64)));
  return sharp(frames, { join: { animated: true } })
    .webp()
    .toBuffer();
}
