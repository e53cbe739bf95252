/** Which stored media the messages that wait have still to be sent with: those due now, later, or in a worker's hand. */
import { isMessageId, type MediaSource, type MessageContent } from '@pombo/contracts';
import type { WaitingJobs } from '@pombo/queue';
import type { Store } from '@pombo/store';

type Read = Pick<Store, 'devices' | 'leftovers' | 'messages'>;

/** Messages read in one round trip. */
const PAGE = 200;

/** @returns keys of blobs. What is accepted meanwhile may be missing, and has used its media a moment ago. */
export async function readNeededMedia(store: Read, jobs: WaitingJobs): Promise<ReadonlySet<string>> {
  const needed = new Set<string>();
  for (const deviceId of await store.devices.listIds()) {
    const ids = await jobs.readAll(deviceId);
    for (let at = 0; at < ids.length; at += PAGE) await addMediaOf(ids.slice(at, at + PAGE), store, needed);
    await addLost(deviceId, store, jobs, needed);
  }
  return needed;
}

/** Redis may have lost the job of a message in a crash; until the janitor has added it anew, only the list has it. */
async function addLost(deviceId: string, store: Read, jobs: WaitingJobs, needed: Set<string>): Promise<void> {
  const [work] = await store.leftovers.readWork([deviceId]);
  if ((work?.waiting ?? 0) <= (await jobs.count(deviceId))) return;
  let after: string | undefined = '0';
  while (after !== undefined) {
    const { ids, end }: { ids: string[]; end: string | undefined } = await store.leftovers.readIndex(
      deviceId,
      after,
      PAGE,
    );
    const messages = await store.leftovers.readWaiting(ids);
    const waiting = ids.filter((_id, i) => messages[i]?.state === 'queued' || messages[i]?.state === 'processing');
    await addMediaOf(waiting, store, needed);
    after = end;
  }
}

async function addMediaOf(ids: readonly string[], { messages }: Read, needed: Set<string>): Promise<void> {
  const contents = await Promise.all(ids.filter(isMessageId).map((id) => messages.readContent(id)));
  for (const key of contents.flatMap(mediaOf)) needed.add(key);
}

function mediaOf(content: MessageContent | undefined): string[] {
  const sources: Array<MediaSource | undefined> = [content?.source, content?.thumbnail];
  return sources.flatMap((source) => (source && 'blob' in source ? [source.blob] : []));
}
