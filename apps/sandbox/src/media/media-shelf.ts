/** Uploaded bytes by the SHA-256 of their encrypted form; in a directory when they are to survive a restart. */
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Shelved {
  readonly sizeBytes: number;
  /** Absent when the bytes are on disk only. */
  readonly bytes?: Buffer;
}

const FILE_NAME = /^[0-9a-f]{64}$/;

export class MediaShelf {
  readonly #items = new Map<string, Shelved>();
  readonly #maxBytes: number;
  readonly #directory: string | undefined;
  #heldBytes = 0;

  constructor(maxBytes: number, directory?: string) {
    this.#maxBytes = maxBytes;
    this.#directory = directory;
  }

  /** Finds what an earlier process left in the directory. */
  async open(): Promise<void> {
    if (this.#directory === undefined) return;
    await mkdir(this.#directory, { recursive: true });
    for (const name of (await readdir(this.#directory)).filter((file) => FILE_NAME.test(file))) {
      const { size } = await stat(join(this.#directory, name));
      this.#hold(name, { sizeBytes: size });
    }
  }

  /** @param name hex SHA-256 of `bytes`. */
  async put(name: string, bytes: Buffer): Promise<void> {
    await this.#release(name);
    if (this.#directory !== undefined) await writeFile(join(this.#directory, name), bytes);
    this.#hold(name, { sizeBytes: bytes.byteLength, ...(this.#directory === undefined ? { bytes } : {}) });
    for (const oldest of this.#items.keys()) {
      if (this.#heldBytes <= this.#maxBytes || oldest === name) break;
      await this.#release(oldest);
    }
  }

  async get(name: string): Promise<Buffer | undefined> {
    const item = this.#items.get(name);
    if (!item) return undefined;
    return item.bytes ?? (await readFile(join(this.#directory ?? '', name)));
  }

  async clear(): Promise<void> {
    for (const name of [...this.#items.keys()]) await this.#release(name);
  }

  #hold(name: string, item: Shelved): void {
    this.#items.set(name, item);
    this.#heldBytes += item.sizeBytes;
  }

  async #release(name: string): Promise<void> {
    const item = this.#items.get(name);
    if (!item) return;
    this.#items.delete(name);
    this.#heldBytes -= item.sizeBytes;
    if (this.#directory !== undefined) await rm(join(this.#directory, name), { force: true });
  }
}
