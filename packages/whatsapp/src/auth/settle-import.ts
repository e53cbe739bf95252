/** The first thing done with credentials that came from a backup, by whichever worker opens the device first. */
import { IMPORTED_MARK } from '@pombo/contracts';
import type { AuthStore } from './auth-store.js';
import { jumpAhead } from './jump-ahead.js';

/** The jump and the end of the mark are one write: a worker that dies here leaves all or nothing of it. */
export async function settleImport(store: AuthStore): Promise<void> {
  const [imported] = await store.read([IMPORTED_MARK]);
  if (imported === undefined) return;
  const changes = new Map<string, string | null>(jumpAhead(await store.readAll()));
  await store.write(changes.set(IMPORTED_MARK, null));
}
