/**
 * Many devices: what an idle session costs a worker, and whether more devices make sending slower, for the whole and for
 * the queue alone.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { residentMbOf, median, round, timed } from './lib/figures.mjs';
import { notAccepted, openStage, requireRead, startPlain, whenDrained } from './lib/stage.mjs';
import { whenConnected } from './lib/when-connected.mjs';

const CONNECT_MS = 180_000;

const FULL = {
  sessions: 200,
  settleMs: 10_000,
  watchMs: 10_000,
  spread: [1, 10, 100],
  texts: 600,
  queues: [1, 1_000],
  jobs: 10_000,
};
const TINY = { sessions: 2, settleMs: 100, watchMs: 500, spread: [1, 2], texts: 4, queues: [1, 3], jobs: 30 };

export const sessions = {
  deadlineMs: 900_000,
  async run(workshop, { pairs, smoke }) {
    const size = smoke ? TINY : FULL;
    const settings = { WORKER_CAPACITY: String(size.sessions + 1) };
    const stage = await openStage(workshop, { devices: 0, plain: false, worker: settings });
    const cost = await measureIdle(workshop, stage, size);
    return {
      ...cost,
      devices_flatness: await measureSpread(stage, size, pairs),
      ...(await measureQueues(workshop, size, pairs)),
    };
  },
};

async function measureIdle(workshop, stage, { sessions: count, settleMs, watchMs }) {
  const plainMb = await measurePlain(workshop, stage, count, settleMs);
  const worker = await stage.startWorker();
  const connect = async (more) => {
    const added = await stage.addDevices(more);
    await whenConnected(stage.store, added, CONNECT_MS);
    await pause(settleMs);
  };
  // The first session loads code that all share.
  await connect(1);
  const [firstMb, firstCps] = [residentMbOf(worker.pid), await commandsPerSecond(stage.store.redis, watchMs)];
  await connect(count);
  const [allMb, allCps] = [residentMbOf(worker.pid), await commandsPerSecond(stage.store.redis, watchMs)];
  return {
    session_rss_mb: {
      value: round((allMb - firstMb) / count),
      reach: '≤ 2',
      raw: { sessions: count, worker_mb: { one: firstMb, all: allMb }, plain_mb_per_session: plainMb },
    },
    session_redis_cps: {
      value: round((allCps - firstCps) / count),
      reach: '≤ 4',
      raw: { sessions: count, commands_per_second: { one: firstCps, all: allCps }, plain: null },
    },
  };
}

async function measurePlain(workshop, { world, sandbox }, count, settleMs) {
  const plain = await startPlain(workshop, world, sandbox, count + 1);
  await plain.connect(1);
  await pause(settleMs);
  const firstMb = residentMbOf(plain.pid);
  await plain.connect(count);
  await pause(settleMs);
  const perSession = round((residentMbOf(plain.pid) - firstMb) / count);
  await plain.stop();
  return perSession;
}

async function commandsPerSecond(redis, watchMs) {
  const read = async () => Number(/^total_commands_processed:(\d+)/m.exec(await redis.info('stats'))[1]);
  const before = await read();
  await pause(watchMs);
  return ((await read()) - before) / (watchMs / 1000);
}

/** The same texts to the same number of known recipients, over more and more of the devices that are connected. */
async function measureSpread(stage, { spread, texts }, pairs) {
  const most = Math.max(...spread);
  const seconds = Object.fromEntries(spread.map((over) => [over, []]));
  const chatsOver = Object.fromEntries(
    spread.map((over) => {
      const numbers = stage.numbers.take(most);
      return [over, numbers.map((number, nth) => ({ number, device: stage.devices[nth % over] }))];
    }),
  );
  for (const over of spread) await drainTexts(stage, chatsOver[over], most);
  for (let pair = 0; pair < pairs; pair += 1) {
    for (const over of pair % 2 === 0 ? spread : [...spread].reverse()) {
      const took = await drainTexts(stage, chatsOver[over], texts);
      console.error(`  ${pair + 1}/${pairs} ${texts} texts over ${over} devices: ${round(took)} s`);
      seconds[over].push(took);
    }
  }
  return flatness(seconds, '≤ 1.3 ×', { texts });
}

async function drainTexts(stage, chats, count) {
  const { generator, ingress, token, store, devices } = stage;
  const sends = Array.from({ length: count }, (_, nth) => chats[nth % chats.length]);
  const order = {
    ...{ url: ingress.url, token, inFlight: 16, path: '/send/text' },
    numbers: sends.map(({ number }) => number),
    body: { deviceIds: sends.map(({ device }) => device.id), text: 'The pigeons are back.' },
  };
  const { seconds, result } = await timed(process.pid, async () => {
    const { accepted, refused } = await generator.ask(order);
    if (accepted.length < count) throw notAccepted(refused);
    await whenDrained(store, devices);
    return accepted;
  });
  await requireRead(stage, result);
  return seconds;
}

async function measureQueues(workshop, { queues, jobs }, pairs) {
  const helper = await workshop.startHelper('queue-alone', workshop.env);
  const seconds = Object.fromEntries(queues.map((over) => [over, []]));
  for (let pair = 0; pair < pairs; pair += 1) {
    for (const over of pair % 2 === 0 ? queues : [...queues].reverse()) {
      const took = await helper.ask({ devices: over, jobs });
      console.error(`  ${pair + 1}/${pairs} ${jobs} jobs over ${over} queues: ${round(took)} s`);
      seconds[over].push(took);
    }
  }
  return { queue_flatness: flatness(seconds, '≤ 2 ×', { jobs }) };
}

/** The slowest over the fastest, of the medians. */
function flatness(seconds, reach, more) {
  const medians = Object.fromEntries(Object.entries(seconds).map(([over, all]) => [over, round(median(all))]));
  const values = Object.values(medians);
  return {
    value: round(Math.max(...values) / Math.min(...values)),
    reach,
    raw: { ...more, seconds: medians, plain: null },
  };
}
