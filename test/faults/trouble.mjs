/** What goes wrong during a run, and when. None of it is terminal: whatever was accepted must arrive. */
import { setTimeout as pause } from 'node:timers/promises';
import { Mutex } from 'async-mutex';

const LOOK_EVERY_MS = 250;
/** How long others may take to own what a suspended worker had. */
const TAKEN_OVER_MS = 60_000;

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
 * @param {Array<{ device: { id: string, jid: string }, number: string }>} chats
 * @param {Array<object>} workers running; the list is kept up to date
 * @param {object} options a scenario, and
 *   `{ random: () => number, log: (line: string) => void, onFailure: (error: Error) => void }`
 */
export function startTrouble(arena, chats, workers, options) {
  const { killEveryMs, cutEveryMs, replies, random, log, onFailure } = options;
  const devices = [...new Set(chats.map(({ device }) => device))];
  const over = new AbortController();
  const { signal } = over;
  /** Workers are taken away one at a time, and never the last one: with nobody left, a takeover takes a process' start. */
  const oneAtATime = new Mutex();
  /** When devices lost their worker, and when something else ended connections or kept records from being written. */
  const losses = [];
  const disturbances = [];
  const choose = (list) => list[Math.floor(random() * list.length)];

  const untilHeirs = async () => {
    while (workers.length < 2) await pause(LOOK_EVERY_MS);
  };
  const note = async (worker, ending) => {
    const owners = await arena.readOwners(devices);
    const lost = devices.filter((_device, index) => owners[index] === worker.owner);
    losses.push({ at: Date.now(), ending, devices: lost });
    log(`${ending} ${worker.name} with ${lost.length} devices`);
    return lost;
  };

  /** One that has devices, if there is any: the loss of another costs nothing. */
  const chooseOwner = async () => {
    const owners = new Set(await arena.readOwners(devices));
    const owning = workers.filter(({ owner }) => owners.has(owner));
    return choose(owning.length > 0 ? owning : workers);
  };

  /** Takes a worker away and starts another in its place, as a supervisor would. */
  const replace = (ending, which = chooseOwner) =>
    oneAtATime.runExclusive(async () => {
      await untilHeirs();
      const worker = await which();
      workers.splice(workers.indexOf(worker), 1);
      await note(worker, ending);
      await Promise.all([worker.end(ending), arena.startWorker().then((started) => workers.push(started))]);
    });

  /**
   * A worker stands still until others own its devices, and then goes on as if nothing had been, with answers of
   * recipients in its sockets: it must write nothing any more.
   */
  const suspend = () =>
    oneAtATime.runExclusive(async () => {
      await untilHeirs();
      const worker = await chooseOwner();
      const lost = await note(worker, 'SIGSTOP');
      worker.send('SIGSTOP');
      for (const { number, device } of chats) if (lost.includes(device)) void write(number, device).catch(onFailure);
      const deadline = Date.now() + TAKEN_OVER_MS;
      const isTaken = async () => (await arena.readOwners(lost)).every((owner) => owner && owner !== worker.owner);
      while (Date.now() < deadline && !(await isTaken())) await pause(LOOK_EVERY_MS);
      worker.send('SIGCONT');
      log(`SIGCONT ${worker.name}`);
    });

  /** Every text that somebody wrote to a device; each must be told. */
  const written = [];
  const write = async (number, device) => {
    const text = `answer ${written.length}`;
    written.push(text);
    await arena.sandbox.write(number, device.jid, text);
  };

  const disturb = (what, work) => async () => {
    log(what);
    const from = Date.now();
    await work();
    disturbances.push({ from, until: Date.now() });
  };
  const interrupt = async () => {
    const { redis } = arena.store;
    const slot = await redis.cluster('KEYSLOT', arena.store.keys.device(choose(devices).id)).catch(() => 0);
    await arena.redis.interrupt(slot);
  };
  const happenings = {
    kill: () => replace('SIGKILL'),
    killFirst: () => replace('SIGKILL', () => Promise.resolve(workers[0])),
    stop: () => replace('SIGTERM'),
    add: async () => workers.push(await arena.startWorker()),
    suspend,
    dropAcks: disturb('acks are dropped', () => arena.sandbox.setFaults({ dropAcks: { number: '*', first: 20 } })),
    swallow: disturb('messages are swallowed', () => arena.sandbox.setFaults({ swallow: { number: '*', first: 5 } })),
    refuseUploads: disturb('uploads are refused', () =>
      arena.sandbox.setFaults({ refuseUploads: { status: 503, first: 20 } }),
    ),
    freeze: disturb('a connection goes dead', () => arena.sandbox.freeze(choose(devices).jid)),
    interruptRedis: disturb(arena.redis.interruption, interrupt),
  };

  const every = async (ms, work) => {
    if (ms === undefined) return;
    for (;;) {
      await pause(ms, undefined, { signal });
      await work();
    }
  };
  const endless = [
    every(killEveryMs, () => replace('SIGKILL')),
    every(cutEveryMs, async () => {
      disturbances.push({ from: Date.now(), until: Date.now() });
      await arena.sandbox.cut(choose(devices).jid);
    }),
  ].map((work) => work.catch((error) => (error.name === 'AbortError' ? undefined : onFailure(error))));

  const plan = [...options.plan];
  let answers = 0;
  return {
    losses,
    disturbances,
    written,
    /** @returns when what is due at this share of the messages has happened. */
    async progress(share) {
      while (answers < share * replies) {
        answers += 1;
        const { number, device } = choose(chats);
        void write(number, device).catch(onFailure);
      }
      const due = [];
      while (plan.length > 0 && share >= plan[0][0]) due.push(happenings[plan.shift()[1]]().catch(onFailure));
      // With the last message the trouble ends; what was begun is ended.
      if (share === 1) over.abort();
      await Promise.all(share === 1 ? [...due, ...endless] : due);
    },
  };
}
