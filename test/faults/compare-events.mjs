/** Whether what the events of a run tell and what the records say is the same. */
import { shardOfDevice } from '@pombo/contracts';

const MOST_EVENTS = 100_000;
/** In the order a message goes through them; each has a time in its record. */
const TIMES = { queued: 'queuedAt', sent: 'sentAt', delivered: 'deliveredAt', read: 'readAt', played: 'playedAt' };
const RANK = Object.keys(TIMES);

/** @returns ids of messages whose events are missing, repeated, out of order, or end in another state than the record. */
export async function findDisagreements(store, deviceIds, records) {
  const told = new Map();
  for (const shard of new Set(deviceIds.map(shardOfDevice))) {
    for (const { messageId, event } of await store.outbox.read(shard, MOST_EVENTS)) {
      if (messageId !== undefined) told.set(messageId, [...(told.get(messageId) ?? []), event.split('.')[1]]);
    }
  }
  return records.filter((record) => disagrees(record, told.get(record.id) ?? [])).map(({ id }) => id);
}

function disagrees(record, states) {
  if (states.at(-1) !== record.state || states[0] !== 'queued') return true;
  const ranks = states.map((state) => RANK.indexOf(state)).filter((rank) => rank >= 0);
  if (ranks.some((rank, nth) => nth > 0 && rank <= ranks[nth - 1])) return true;
  return states.some((state) => TIMES[state] !== undefined && record[TIMES[state]] === undefined);
}
