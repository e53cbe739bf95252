/** What is posted: a picture behind a URL or inside the body, each time to another number. */
import { randomBytes } from 'node:crypto';

const CAPTION_LENGTH = 200;
const PHRASE = 'Spring has come to the pigeon loft: visit us. ';

/** 200 characters that differ from message to message, as a campaign's do that names its reader. */
export const captionFor = (nth) => `Dear reader ${nth}! ${PHRASE.repeat(5)}`.slice(0, CAPTION_LENGTH);

/** A JPEG that is another file each time: only its comment differs. */
export function vary(jpeg, nth) {
  const comment = Buffer.from(`picture ${nth}, ${randomBytes(8).toString('hex')}`);
  const segment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, comment.length + 2]), comment]);
  return Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
}

/** A JPEG of that size: what it shows, then comments up to the size. */
export function padded(jpeg, sizeBytes) {
  const parts = [jpeg.subarray(0, 2)];
  for (let left = sizeBytes - jpeg.length; left > 4;) {
    const length = Math.min(left, 60_000) - 4;
    parts.push(Buffer.from([0xff, 0xfe, (length + 2) >> 8, (length + 2) & 0xff]), randomBytes(length));
    left -= length + 4;
  }
  return Buffer.concat([...parts, jpeg.subarray(2)]);
}

/**
 * @param {{ deviceId?: string, deviceIds?: string[], text?: string, imageUrl?: string, inline?: Uint8Array }} spec
 *   `deviceIds`: one for each body; `imageUrl`: a `*` in it stands for the number of the body
 * @returns {Buffer} JSON
 */
export function buildSendBody({ deviceId, deviceIds, text, imageUrl, inline }, number, nth) {
  if (text !== undefined) return Buffer.from(JSON.stringify({ device_id: deviceIds[nth], number, text }));
  const picture = inline
    ? { image: vary(Buffer.from(inline), nth).toString('base64') }
    : { image_url: imageUrl.replace('*', nth) };
  return Buffer.from(
    JSON.stringify({ device_id: deviceIds?.[nth] ?? deviceId, number, caption: captionFor(nth), ...picture }),
  );
}
