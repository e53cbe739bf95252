/** The queue without WhatsApp: jobs of many devices are accepted, taken and finished by one process. */
import { setImmediate } from 'node:timers';
import { performance } from 'node:perf_hooks';
import { createConsumer, createProducer } from '@pombo/queue';
import { createPatientRedis, loadConfig, silentLogger } from '@pombo/runtime';
import { createLeases, createStore } from '@pombo/store';
import { serveOrders } from '../lib/helper.mjs';

const IN_HAND = 16;
const LEASE_MS = 600_000;
const ACCEPTED_AT_ONCE = 500;

const config = loadConfig(process.env);
const redis = createPatientRedis({ target: config.REDIS, name: 'queue-alone', logger: silentLogger });
await redis.connect();
const store = createStore(redis, config);
const producer = createProducer(redis, store.keys);

async function addDevice() {
  const { id } = await store.devices.create('ten_bench', 'phone');
  await store.devices.report(id, { paired: true, state: 'connected' });
  const { epoch } = await createLeases(redis, store.keys, 'queue-alone', LEASE_MS).claim(id);
  return { id, epoch };
}

async function accept(deviceId) {
  const id = store.messages.createId(deviceId);
  const job = await producer.describe({ messageId: id, deviceId, priority: 'normal', requestId: 'r', delayMs: 0 });
  const draft = { id, deviceId, content: { type: 'text', text: 'x' }, to: '447700000000@s.whatsapp.net' };
  const times = { expiresInMs: LEASE_MS, awaited: false, priority: 'normal' };
  await store.messages.accept({ ...draft, ...times, tenantId: 'ten_bench', userId: 'usr_bench' }, job);
}

/** @returns a consumer that finishes each job in the next turn of the event loop. */
function consume({ id: deviceId, epoch }, onFinished) {
  let inHand = 0;
  const finish = (messageId) => {
    inHand -= 1;
    consumer.finish(messageId);
    consumer.roomChanged();
    onFinished();
  };
  const consumer = createConsumer({
    ...{ redis, keys: store.keys, deviceId, epoch, logger: silentLogger },
    room: () => ({ jobs: IN_HAND - inHand }),
    take(jobs) {
      inHand += jobs.length;
      for (const { messageId } of jobs) setImmediate(() => finish(messageId));
    },
  });
  return consumer;
}

/** @returns seconds from the first job taken to the last one finished. */
async function drain({ devices: count, jobs }) {
  const devices = await Promise.all(Array.from({ length: count }, addDevice));
  for (let added = 0; added < jobs; added += ACCEPTED_AT_ONCE) {
    const batch = Array.from({ length: Math.min(ACCEPTED_AT_ONCE, jobs - added) }, (_, nth) => added + nth);
    await Promise.all(batch.map((nth) => accept(devices[nth % count].id)));
  }
  let left = jobs;
  let done;
  const allDone = new Promise((resolve) => (done = resolve));
  const consumers = devices.map((device) => consume(device, () => (left -= 1) === 0 && done()));
  const startedAt = performance.now();
  for (const consumer of consumers) consumer.consume();
  await allDone;
  const seconds = (performance.now() - startedAt) / 1000;
  await Promise.all(consumers.map((consumer) => consumer.close()));
  return seconds;
}

serveOrders({}, drain);
