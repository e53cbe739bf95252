/**
 * The messages of a run. A chat is one device and one recipient of its own, who has answered before the trouble begins:
 * from then on messages are `msg`, behind which a lost ratchet cannot hide.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { waitUntil } from '../../scripts/lib/wait-until.mjs';

const ANSWER_MS = 5_000;
const RETRY_MS = 200;
const MEET_MS = 120_000;
const SETTLED = new Set(['delivered', 'read', 'played', 'failed', 'canceled', 'expired']);

/** Every fifth is the campaign's one picture, every fifth a picture of its own, the rest is text. */
function bodyOf(chat, nth, pictureUrl) {
  const common = { number: chat.number, device_id: chat.device.id, client_reference: `${chat.number}-${nth}` };
  if (nth % 5 === 1) return ['/send/image', { ...common, image_url: pictureUrl('shared'), caption: `picture ${nth}` }];
  if (nth % 5 === 3) return ['/send/image', { ...common, image_url: pictureUrl(`${chat.number}/${nth}`) }];
  return ['/send/text', { ...common, text: `message ${nth}` }];
}

/** Posts until the answer is 202, always under the same key: what a careful client does when it hears 503 or nothing. */
async function post(arena, path, body, deadline) {
  const key = randomUUID();
  for (;;) {
    const answer = await fetch(new URL(path, arena.apiUrl), {
      method: 'POST',
      headers: { authorization: `Bearer ${arena.token}`, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_MS),
    }).catch(() => undefined);
    const said = await answer?.json().catch(() => undefined);
    if (answer?.status === 202) return said.message_id;
    if (answer && answer.status !== 503) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(said)}`);
    if (Date.now() > deadline) throw new Error(`${path} was not accepted before the deadline`);
    await pause(RETRY_MS);
  }
}

const stateOf = async (arena, id) => (await arena.store.messages.read(id))?.state;

async function whenSettled(arena, ids, deadlineMs) {
  const open = new Set(ids);
  await waitUntil(
    `${ids.length} messages to settle`,
    async () => {
      for (const id of open) if (SETTLED.has(await stateOf(arena, id))) open.delete(id);
      return open.size === 0 ? true : undefined;
    },
    { deadlineMs, everyMs: 250 },
  ).catch(async (error) => {
    const some = [...open].slice(0, 5);
    const states = await Promise.all(some.map(async (id) => `${id} (${await stateOf(arena, id)})`));
    throw new Error(`${error.message} ${open.size} are open, for instance ${states.join(', ')}.`);
  });
}

/** One message and one answer in every chat. */
export async function meetRecipients(arena, chats) {
  const deadline = Date.now() + MEET_MS;
  const ids = await Promise.all(chats.map((chat) => post(arena, ...bodyOf(chat, 0, arena.pictureUrl), deadline)));
  await whenSettled(arena, ids, MEET_MS);
  for (const [index, chat] of chats.entries()) chat.greeting = ids[index];
  for (const { number, device } of chats) await arena.sandbox.reply(number, device.jid, 'thank you');
}

/**
 * Posts `rounds` messages to every chat, one chat's in order, and waits until all are settled.
 * @param {{ rounds: number, perSecond: number, deadlineMs: number }} options `perSecond` over all chats
 * @returns {Promise<Map<object, string[]>>} the ids of every chat in the order they were accepted
 */
export async function runCampaign(arena, chats, { rounds, perSecond, deadlineMs, onProgress }) {
  const begun = Date.now();
  const deadline = begun + deadlineMs;
  const total = rounds * chats.length;
  const ids = new Map(chats.map((chat) => [chat, []]));
  let posted = 0;
  const postAll = async (chat, index) => {
    for (let nth = 1; nth <= rounds; nth += 1) {
      const due = begun + (((nth - 1) * chats.length + index) / perSecond) * 1000;
      await pause(Math.max(0, due - Date.now()));
      ids.get(chat).push(await post(arena, ...bodyOf(chat, nth, arena.pictureUrl), deadline));
      posted += 1;
      onProgress(posted / total);
    }
  };
  await Promise.all(chats.map(postAll));
  await whenSettled(arena, [...ids.values()].flat(), deadline - Date.now());
  return ids;
}
