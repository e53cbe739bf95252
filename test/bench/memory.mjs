/**
 * What a message costs in Redis: accepted and waiting; then sent, delivered and its webhook event kept. Every key counts:
 * all of what Redis holds more than before, over the number of messages.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { round } from './lib/figures.mjs';
import { notAccepted, openStage, requireRead, whenDrained } from './lib/stage.mjs';

const CHATS_PER_DEVICE = 20;
/** Ten thousand messages, also on a machine that sends a dozen a second. */
const DRAIN_MS = 850_000;

export const memory = {
  deadlineMs: 1_200_000,
  async run(workshop, { smoke }) {
    const [count, deviceCount] = smoke ? [40, 1] : [10_000, 4];
    const stage = await openStage(workshop, { devices: deviceCount, plain: false });
    const worker = await stage.connectWorker();
    const chats = stage.numbers.take(smoke ? 2 : CHATS_PER_DEVICE);
    // Sessions, device lists and whatever else is kept of a recipient are not what a message costs.
    for (const device of stage.devices) await post(stage, device, chats, chats.length * 2);
    await whenDrained(stage.store, stage.devices);
    await worker.stop();

    const before = await usedBytes(stage.store.redis);
    const sent = [];
    for (const device of stage.devices) sent.push(...(await post(stage, device, chats, count / deviceCount)));
    const queued = await usedBytes(stage.store.redis);
    await stage.connectWorker();
    await whenDrained(stage.store, stage.devices, DRAIN_MS);
    await requireDelivered(stage, sent);
    const finished = await usedBytes(stage.store.redis);
    await requireRead(stage, sent.slice(-chats.length));

    const result = (bytes, reach) => ({
      value: round((bytes - before) / count, 4),
      reach,
      raw: { messages: count, bytes_before: before, bytes_after: bytes, plain: null },
    });
    return { queued_bytes: result(queued, '≤ 2048'), finished_bytes: result(finished, '≤ 1536') };
  },
};

async function post({ generator, ingress, token, pictures }, device, chats, count) {
  const numbers = Array.from({ length: count }, (_, nth) => chats[nth % chats.length]);
  const body = { deviceId: device.id, imageUrl: pictures('campaign/pigeon-loft-in-spring.jpg') };
  const { accepted, refused } = await generator.ask({ url: ingress.url, token, numbers, inFlight: 16, body });
  if (accepted.length < count) throw notAccepted(refused);
  return accepted;
}

async function requireDelivered({ store }, sent) {
  for (const { messageId } of sent) {
    for (;;) {
      const { state, error } = await store.messages.read(messageId);
      if (state === 'failed') throw new Error(`a message failed: ${error}`);
      if (state === 'delivered' || state === 'read') break;
      await pause(20);
    }
  }
}

/** Memory in use, without what Redis spends on connections and on what it has yet to write to its file. */
async function usedBytes(redis) {
  const info = await redis.info('memory');
  const read = (name) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)[1]);
  return read('used_memory') - read('mem_clients_normal') - read('mem_aof_buffer');
}
