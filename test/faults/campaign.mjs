/**
 * The messages of a run. A chat is one device and one recipient of its own, who has answered before the trouble begins:
 * from then on messages are `msg`, behind which a lost ratchet cannot hide.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { retried } from './retried.mjs';

const RETRY_MS = 200;
/** How long nothing at all may happen. A slow machine takes its time, a lost message never settles. */
const STUCK_MS = 120_000;
const LOOK_EVERY_MS = 500;
const SETTLED = new Set(['delivered', 'read', 'played', 'failed', 'canceled', 'expired']);

/** Every fifth is the campaign's one picture, every fifth a picture of its own, the rest is text. */
function bodyOf(chat, nth, pictureUrl) {
  const common = { number: chat.number, device_id: chat.device.id, client_reference: `${chat.number}-${nth}` };
  if (nth % 5 === 1) return ['/send/image', { ...common, image_url: pictureUrl('shared'), caption: `picture ${nth}` }];
  if (nth % 5 === 3) return ['/send/image', { ...common, image_url: pictureUrl(`${chat.number}/${nth}`) }];
  return ['/send/text', { ...common, text: `message ${nth}` }];
}

/** Asks until the answer is neither 503 nor nothing, as a careful client does. */
export async function ask(arena, method, path, body, headers) {
  const deadline = Date.now() + STUCK_MS;
  for (;;) {
    const answer = await arena.call(method, path, body, headers).catch(() => undefined);
    if (answer !== undefined && answer.status !== 503) return answer;
    if (Date.now() > deadline) throw new Error(`${method} ${path} was not answered for ${STUCK_MS / 1000} s`);
    await pause(RETRY_MS);
  }
}

/** Posts until it is accepted, always under the same key. */
async function post(arena, path, body) {
  const answer = await ask(arena, 'POST', path, body, { 'idempotency-key': randomUUID() });
  if (answer.status === 202) return answer.body.message_id;
  throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
}

async function whenSettled(arena, ids) {
  const open = new Set(ids);
  let stuckAt = Date.now() + STUCK_MS;
  while (open.size > 0) {
    const before = open.size;
    const asked = [...open];
    const records = await Promise.all(asked.map((id) => retried(() => arena.store.messages.read(id))));
    for (const [index, id] of asked.entries()) if (SETTLED.has(records[index]?.state)) open.delete(id);
    if (open.size < before) stuckAt = Date.now() + STUCK_MS;
    if (Date.now() > stuckAt) {
      const some = asked.slice(0, 5).map((id, index) => `${id} (${records[index]?.state})`);
      throw new Error(
        `Nothing settled for ${STUCK_MS / 1000} s; ${open.size} are open, for instance ${some.join(', ')}`,
      );
    }
    await pause(LOOK_EVERY_MS);
  }
}

/** One message and one answer in every chat. */
export async function meetRecipients(arena, chats) {
  const ids = await Promise.all(chats.map((chat) => post(arena, ...bodyOf(chat, 0, arena.pictureUrl))));
  await whenSettled(arena, ids);
  for (const [index, chat] of chats.entries()) chat.greeting = ids[index];
  for (const { number, device } of chats) await arena.sandbox.reply(number, device.jid, 'thank you');
}

/**
 * Posts `rounds` messages to every chat, one chat's in order, and waits until all are settled.
 * @param {{ rounds: number, perSecond: number, onProgress: (share: number) => Promise<unknown> }} options `perSecond` over
 *   all chats; the campaign goes on when `onProgress` has, and ends after it
 * @returns {Promise<Map<object, string[]>>} the ids of every chat in the order they were accepted
 */
export async function runCampaign(arena, chats, { rounds, perSecond, onProgress }) {
  const begun = Date.now();
  const total = rounds * chats.length;
  const ids = new Map(chats.map((chat) => [chat, []]));
  let posted = 0;
  const happening = [];
  const postAll = async (chat, index) => {
    for (let nth = 1; nth <= rounds; nth += 1) {
      const due = begun + (((nth - 1) * chats.length + index) / perSecond) * 1000;
      await pause(Math.max(0, due - Date.now()));
      ids.get(chat).push(await post(arena, ...bodyOf(chat, nth, arena.pictureUrl)));
      posted += 1;
      happening.push(onProgress(posted / total));
    }
  };
  await Promise.all(chats.map(postAll));
  await Promise.all(happening);
  await whenSettled(arena, [...ids.values()].flat());
  return ids;
}
