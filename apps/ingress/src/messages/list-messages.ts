/** A page of a tenant's messages. */
import type { MessageRecord } from '@pombo/contracts';
import { type Caller, encodePlace, type IndexEntry, type MessageSummary, type Store } from '@pombo/store';
import { findOwnDevice, mayUse } from '../devices/choose-device.js';
import type { CallContext } from '../http/request-context.js';
import type { ListQuery } from './list-query.js';
import { newestFirst } from './newest-first.js';

export interface MessagePage {
  readonly messages: readonly MessageRecord[];
  /** Where the next page begins; undefined on the last one. */
  readonly next: string | undefined;
}

/** Messages one request looks at: a page of a rare kind may come back short, with a `next` to go on from. */
const SCAN_BUDGET = 1_000;
/** Looked at in one round trip. */
const BATCH = 100;

/** @throws PomboError DEVICE_NOT_FOUND */
export async function listMessages(
  { devices, messages, messageIndex }: Pick<Store, 'devices' | 'messages' | 'messageIndex'>,
  { caller, redisBudget }: CallContext,
  query: ListQuery,
): Promise<MessagePage> {
  const deviceIds = await redisBudget.spend(devicesToList(devices, caller, query));
  const entries = newestFirst(messageIndex, deviceIds, query.after);
  const filtered = query.status !== undefined || query.client_reference !== undefined;
  const found: string[] = [];
  let last: IndexEntry | undefined;
  let more = true;

  for (let looked = 0; found.length < query.limit && looked < SCAN_BUDGET;) {
    const batch = await redisBudget.spend(take(entries, filtered ? BATCH : query.limit - found.length));
    if (batch.length === 0) return { messages: await readAll(found), next: undefined };
    looked += batch.length;
    const summaries = await redisBudget.spend(messages.readSummaries(batch.map(({ messageId }) => messageId)));
    for (const [place, entry] of batch.entries()) {
      last = entry;
      if (matches(summaries[place], caller.tenantId, query)) found.push(entry.messageId);
      if (found.length < query.limit) continue;
      more = place + 1 < batch.length || (await redisBudget.spend(take(entries, 1))).length > 0;
      break;
    }
  }
  return { messages: await readAll(found), next: more && last ? encodePlace(last) : undefined };

  async function readAll(ids: readonly string[]): Promise<MessageRecord[]> {
    const records = await redisBudget.spend(Promise.all(ids.map((id) => messages.read(id))));
    return records.filter((record) => record !== undefined);
  }
}

async function devicesToList(devices: Store['devices'], caller: Caller, { device_id }: ListQuery): Promise<string[]> {
  if (device_id !== undefined) return [(await findOwnDevice(devices, caller, device_id)).id];
  const ids = await devices.listIdsOfTenant(caller.tenantId);
  return ids.filter((id) => mayUse(caller, id));
}

async function take(entries: AsyncGenerator<IndexEntry>, count: number): Promise<IndexEntry[]> {
  const taken: IndexEntry[] = [];
  while (taken.length < count) {
    const next = await entries.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

/** Entries outlive their records a little, and a tenant's list shows nobody else's messages, whatever is in it. */
function matches(summary: MessageSummary | undefined, tenantId: string, query: ListQuery): boolean {
  if (summary?.tenantId !== tenantId) return false;
  if (query.status !== undefined && summary.state !== query.status) return false;
  return query.client_reference === undefined || summary.clientReference === query.client_reference;
}
