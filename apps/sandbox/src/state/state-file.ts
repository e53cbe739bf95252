import { readFile, rename, writeFile } from 'node:fs/promises';
import { BufferJSON } from '@pombo/whatsapp/protocol';
import type { ServerIdentity } from '../identity/server-identity.js';
import type { Group } from '../people/group-directory.js';
import type { StoredUser } from '../people/user.js';
import { reasonOf, type SandboxLogger } from '../sandbox-logger.js';

const SAVE_DELAY_MS = 500;

export interface StoredState {
  readonly version: 1;
  readonly identity: ServerIdentity;
  readonly users: readonly StoredUser[];
  readonly groups: readonly Group[];
}

/**
 * Keeps the sandbox's memory in one JSON file: written soon after a change, and once more at the end. What a crash
 * loses is at most half a second of ratchets, which Signal bridges by itself.
 */
export class StateFile {
  readonly #path: string;
  readonly #logger: SandboxLogger;
  readonly #snapshot: () => StoredState;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, logger: SandboxLogger, snapshot: () => StoredState) {
    this.#path = path;
    this.#logger = logger;
    this.#snapshot = snapshot;
  }

  saveSoon(): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#save();
    }, SAVE_DELAY_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#save();
  }

  #save(): Promise<void> {
    this.#writing = this.#writing
      .then(() => this.#write())
      .catch((error: unknown) => this.#logger.error('state could not be saved', { reason: reasonOf(error) }));
    return this.#writing;
  }

  /** Written aside and renamed: a kill in between leaves the old file whole. */
  async #write(): Promise<void> {
    const aside = `${this.#path}.new`;
    await writeFile(aside, JSON.stringify(this.#snapshot(), BufferJSON.replacer), { mode: 0o600 });
    await rename(aside, this.#path);
  }
}

/** @returns undefined when there is no such file yet. */
export async function loadState(path: string): Promise<StoredState | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8'), BufferJSON.reviver) as StoredState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
