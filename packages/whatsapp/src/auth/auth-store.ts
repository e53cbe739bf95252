/**
 * What this package needs of whoever keeps a device's credentials: names and texts, written all or nothing. The owner
 * is alone with them (a lease sees to that), so what was read once may be remembered.
 */
export interface AuthStore {
  /** @returns values in the order of `names`. */
  read(names: readonly string[]): Promise<Array<string | undefined>>;
  /** Everything there is. */
  readAll(): Promise<Map<string, string>>;
  /** `null` deletes. Resolves when the values are as durable as the store makes them; rejects when refused. */
  write(changes: ReadonlyMap<string, string | null>): Promise<void>;
  /** Forgets everything. */
  clear(): Promise<void>;
}
