/**
 * Has the disk keep, within a second, what the operating system holds already: as Redis does with `appendfsync everysec`.
 * Nothing of it is lost when a process dies, only when the power does. One flush of the file system for all that came
 * within the second, since flushing file by file costs as much as writing them.
 */
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ChildFailedError, ChildMissingError, runChild } from './run-child.js';
import { systemErrorCode } from './store-error.js';

const FLUSH_AFTER_MS = 1_000;
const FLUSH_TIMEOUT_MS = 60_000;

export interface FlushSoon {
  /** The file is whole and has its name. */
  note(path: string): void;
  /** Flushes what was noted, now. */
  flush(): Promise<void>;
}

/** @param dir in which all files are. @param onFailure hears when the disk did not take them. */
export function createFlushSoon(dir: string, onFailure: (error: unknown) => void): FlushSoon {
  let noted = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const paths = noted;
    noted = new Set();
    if (paths.size > 0) await flushFileSystem(dir, paths);
  };

  return {
    note(path) {
      noted.add(path);
      // Whatever happens to this process meanwhile, the operating system flushes it in the end.
      timer ??= setTimeout(() => void flush().catch(onFailure), FLUSH_AFTER_MS).unref();
    },
    flush,
  };
}

/** The `sync` of GNU and BusyBox flushes one file system; where there is none, one file after the other. */
async function flushFileSystem(dir: string, paths: ReadonlySet<string>): Promise<void> {
  try {
    const ignoreOutput = () => Promise.resolve();
    await runChild({ command: 'sync', args: ['-f', dir], timeoutMs: FLUSH_TIMEOUT_MS, consume: ignoreOutput });
  } catch (error) {
    if (!(error instanceof ChildMissingError || error instanceof ChildFailedError)) throw error;
    for (const path of paths) await flushOne(path);
    for (const parent of new Set([...paths].map((path) => dirname(path)))) await flushOne(parent);
  }
}

async function flushOne(path: string): Promise<void> {
  const file = await open(path, 'r').catch(unlessGone);
  if (!file) return;
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What was deleted meanwhile needs no flush. */
function unlessGone(error: unknown): undefined {
  if (systemErrorCode(error) !== 'ENOENT') throw error;
}
