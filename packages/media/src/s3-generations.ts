/** The hours in which a blob was used, as its keys say them. */
import type { S3Object, S3Objects } from './s3-objects.js';

const HOUR_MS = 60 * 60 * 1000;
const KEY = /^blobs\/([0-9a-f]{64})\/(\d{8})$/;

export interface Generation extends S3Object {
  readonly sha256: string;
  /** Counted from the epoch. */
  readonly hour: number;
}

export const hourOf = (timeMs: number): number => Math.floor(timeMs / HOUR_MS);

/** When nothing can be added to it any more, in milliseconds since the epoch. */
export const endOf = ({ hour }: Generation): number => (hour + 1) * HOUR_MS;

/** Padded, so that keys sort by time until the year 13377. */
export const generationKey = (sha256: string, hour: number): string =>
  `blobs/${sha256}/${String(hour).padStart(8, '0')}`;

/** @returns undefined for what is no blob. */
export function generationOf(object: S3Object): Generation | undefined {
  const match = KEY.exec(object.key);
  return match?.[1] === undefined ? undefined : { ...object, sha256: match[1], hour: Number(match[2]) };
}

export async function newestOf(objects: S3Objects, sha256: string): Promise<Generation | undefined> {
  let newest: Generation | undefined;
  for await (const page of objects.list(`blobs/${sha256}/`)) {
    for (const object of page) {
      const found = generationOf(object);
      if (found && found.hour >= (newest?.hour ?? 0)) newest = found;
    }
  }
  return newest;
}
