/**
 * Which blobs must not be removed before a day: an empty file beside the blob, named after it and the day. A name is made
 * or it is not, so several processes need no agreement; the time of the blob's own file is only ever "used just now".
 */
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createDirectory, syncDirectory } from './durable-write.js';
import { onDisk } from './store-error.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Marks remembered, so that a campaign with one picture makes one. */
const MAX_REMEMBERED = 10_000;
const MARK = /^([0-9a-f]{64})\.keep-(\d+)$/;

export interface Keeper {
  /** @param until milliseconds since the epoch. */
  mark(sha256: string, until: number): Promise<void>;
}

export function createKeeper(pathOf: (sha256: string) => string): Keeper {
  return createMarker(async (name, sha256) => {
    const folder = dirname(pathOf(sha256));
    await createDirectory(folder);
    await (await onDisk(open(join(folder, name), 'a', 0o640))).close();
    await syncDirectory(folder);
  });
}

/** @param make makes a mark; whether it is there already makes no difference. */
export function createMarker(make: (name: string, sha256: string) => Promise<void>): Keeper {
  const marked = new Set<string>();
  return {
    async mark(sha256, until) {
      const name = `${sha256}.keep-${dayAfter(until)}`;
      if (marked.has(name)) return;
      await make(name, sha256);
      if (marked.size >= MAX_REMEMBERED) marked.clear();
      marked.add(name);
    },
  };
}

/** The first day, counted from the epoch, on which it need not be there any more. */
const dayAfter = (until: number): number => Math.floor(until / DAY_MS) + 1;

export interface Marks {
  /** Keys of blobs that must stay. */
  readonly kept: ReadonlySet<string>;
  /** Names of marks whose day has come. */
  readonly over: readonly string[];
}

/** @param names of the files in one folder. */
export function readMarks(names: readonly string[], now: number): Marks {
  const marks = names.flatMap((name) => {
    const match = MARK.exec(name);
    return match ? [{ name, sha256: match[1] ?? '', live: Number(match[2]) * DAY_MS > now }] : [];
  });
  return {
    kept: new Set(marks.filter(({ live }) => live).map(({ sha256 }) => sha256)),
    over: marks.filter(({ live }) => !live).map(({ name }) => name),
  };
}

export const isMark = (name: string): boolean => MARK.test(name);
