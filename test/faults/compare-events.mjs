/** Whether what the endpoint was told and what polling says is the same. */
import { setTimeout as pause } from 'node:timers/promises';
import { ask } from './campaign.mjs';

/** How long no event may come before those that are missing count as lost. */
const QUIET_MS = 45_000;
const LOOK_EVERY_MS = 500;
const AT_ONCE = 20;
/** In the order a message goes through them; each has a time in its record. */
const RANK = ['queued', 'sent', 'delivered', 'read', 'played'];
/** Of an event's data: true when it happened, and may be otherwise by now. */
const PASSING = new Set(['status', 'timestamp', 'metadata', 'attempts']);

/** Events a message in this state must have had. */
function expectedOf({ message_id: id, status }) {
  const rank = RANK.indexOf(status);
  const names = rank < 0 ? ['queued', status] : RANK.slice(0, rank + 1);
  return names.map((name) => `evt_${id}_${name}`);
}

/** @returns records as `GET /messages/{id}` tells them, in the order of the ids; undefined for one that is not there. */
export async function pollAll(arena, ids) {
  const records = [];
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const answers = await Promise.all(ids.slice(at, at + AT_ONCE).map((id) => ask(arena, 'GET', `/messages/${id}`)));
    records.push(...answers.map(({ status, body }) => (status === 200 ? body : undefined)));
  }
  return records;
}

const answersOf = (events) =>
  [...events.values()].filter(({ event }) => event === 'message.received').map(({ data }) => data.text);

/** Waits until everything that must be told has come, or nothing comes any more. */
export async function whenTold({ endpoint }, records, written) {
  const missing = new Set(records.flatMap(expectedOf));
  let seen = -1;
  let quietAt = 0;
  for (;;) {
    for (const id of missing) if (endpoint.events.has(id)) missing.delete(id);
    const told = new Set(answersOf(endpoint.events));
    if (missing.size === 0 && written.every((text) => told.has(text))) return;
    if (endpoint.events.size > seen) [seen, quietAt] = [endpoint.events.size, Date.now() + QUIET_MS];
    if (Date.now() > quietAt) return;
    await pause(LOOK_EVERY_MS);
  }
}

/** @returns ids of messages whose events are missing, surplus, or tell something else than the record. */
export function findDisagreements({ events }, records) {
  const told = new Map(records.map(({ message_id: id }) => [id, []]));
  for (const event of events.values()) told.get(event.data.message_id)?.push(event);
  return records.filter((record) => disagrees(record, told.get(record.message_id))).map((record) => record.message_id);
}

function disagrees(record, events) {
  const ids = events.map(({ id }) => id).sort();
  if (ids.join() !== expectedOf(record).sort().join()) return true;
  return events.some(({ event, data }) => {
    if (event !== `message.${data.status}`) return true;
    return Object.entries(data).some(
      ([field, value]) => !PASSING.has(field) && JSON.stringify(value) !== JSON.stringify(record[field]),
    );
  });
}

/** @returns texts that were not told, or more than once. */
export function findUntold({ events }, written) {
  const counts = new Map(written.map((text) => [text, 0]));
  for (const text of answersOf(events)) if (counts.has(text)) counts.set(text, counts.get(text) + 1);
  return [...counts].filter(([, count]) => count !== 1).map(([text]) => text);
}
