/** When a value of a device's credentials was written: four bytes in front of it, the minutes since the epoch. */
const STAMP_BYTES = 4;
const MINUTE_MS = 60_000;

export function withStamp(sealed: Buffer, atMs: number): Buffer {
  const stamp = Buffer.alloc(STAMP_BYTES);
  stamp.writeUInt32BE(Math.floor(atMs / MINUTE_MS));
  return Buffer.concat([stamp, sealed]);
}

export const stampOf = (value: Buffer): Buffer => value.subarray(0, STAMP_BYTES);
export const withoutStamp = (value: Buffer): Buffer => value.subarray(STAMP_BYTES);
/** Milliseconds since the epoch, to the minute. */
export const writtenAt = (value: Buffer): number => value.readUInt32BE(0) * MINUTE_MS;
