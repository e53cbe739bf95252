/** What goes wrong during a run, and when. None of it is terminal: whatever was accepted must arrive. */
import { setTimeout as pause } from 'node:timers/promises';

const OWNERS_EVERY_MS = 250;

/** A small seeded generator (mulberry32), so that a run can be had again. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * @param {object} arena
 * @param {Array<{ id: string, jid: string }>} devices
 * @param {Array<object>} workers running; the list is kept up to date
 * @param {{ killEveryMs: number, cutEveryMs: number, random: () => number, log: (line: string) => void, onFailure: (error: Error) => void }} options
 */
export function startTrouble(arena, devices, workers, { killEveryMs, cutEveryMs, random, log, onFailure }) {
  const losses = [];
  const over = new AbortController();
  const { signal } = over;
  let owners = new Map();
  const choose = (list) => list[Math.floor(random() * list.length)];

  const watchOwners = async () => {
    const held = await Promise.all(
      devices.map(({ id }) => arena.store.redis.hget(arena.store.keys.lease(id), 'owner')),
    );
    owners = new Map(devices.map((device, index) => [device, held[index]]));
  };

  /** Takes a worker away and starts another in its place, as a supervisor would. */
  const replace = async (ending) => {
    // With nobody left to take over, a takeover takes as long as a process needs to start.
    if (workers.length < 2) return;
    const worker = choose(workers);
    workers.splice(workers.indexOf(worker), 1);
    const lost = [...owners].filter(([, owner]) => owner === worker.owner).map(([device]) => device);
    losses.push({ at: Date.now(), ending, devices: lost });
    log(`${ending} ${worker.name} with ${lost.length} devices`);
    await Promise.all([worker.end(ending), arena.startWorker().then((started) => workers.push(started))]);
  };

  const every = async (ms, work) => {
    for (;;) {
      await pause(ms, undefined, { signal });
      await work();
    }
  };
  const endless = [
    every(killEveryMs, () => replace('SIGKILL')),
    every(cutEveryMs, () => arena.sandbox.cut(choose(devices).jid)),
    // While Redis is away there are no news.
    every(OWNERS_EVERY_MS, () => watchOwners().catch(() => undefined)),
  ].map((work) => work.catch((error) => (error.name === 'AbortError' ? undefined : onFailure(error))));

  /** Share of the messages posted → what happens then, once. */
  const plan = [
    [0.15, 'one worker is stopped', () => replace('SIGTERM')],
    [0.25, 'one worker more', async () => workers.push(await arena.startWorker())],
    [0.35, 'acks are dropped', () => arena.sandbox.setFaults({ dropAcks: { number: '*', first: 20 } })],
    [0.5, 'uploads are refused', () => arena.sandbox.setFaults({ refuseUploads: { status: 503, first: 20 } })],
    [0.55, 'messages are swallowed', () => arena.sandbox.setFaults({ swallow: { number: '*', first: 5 } })],
    [0.65, 'Redis is restarted', () => arena.restartRedis(1_500, pause)],
  ];
  const running = new Set();

  return {
    losses,
    progress(share) {
      while (plan.length > 0 && share >= plan[0][0]) {
        const [, what, happen] = plan.shift();
        log(what);
        const happening = Promise.resolve(happen()).catch(onFailure);
        running.add(happening);
        void happening.finally(() => running.delete(happening));
      }
    },
    /** From now on nothing goes wrong any more; what was begun is ended. */
    async stop() {
      over.abort();
      await Promise.all([...endless, ...running]);
    },
  };
}
