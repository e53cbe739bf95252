/**
 * Whose turn it is. Every chat has a lane in which its messages stand in the order they were accepted, and leave one
 * after the other: the next is sent when the one before it is resolved. A slow download, typing or a resend therefore
 * holds up its own chat only, however many messages of it are in hand: they are parked, which costs nothing.
 *
 *   parked ──the best of its lane, and there is room──▶ preparing ──prepared──▶ waiting for its turn in the chat
 *     ──first of its chat──▶ waiting for a slot ──▶ in flight ──▶ resolved
 */
import { PRIORITIES } from '@pombo/contracts';
import { JobReleased, type Room } from '@pombo/queue';
import { ExpiredWhileWaiting, HeldBack } from './errors.js';
import { Lane, type LaneJob, LEAST_URGENT } from './lane.js';
import { createSlots } from './slots.js';

/** One message's way through the dispatcher. */
export interface Turn {
  /**
   * To be called when the message is prepared; resolves when those before it in its chat are resolved.
   * @param mayExpire false for a message that may have left.
   * @throws JobReleased; ExpiredWhileWaiting; HeldBack when one of those is held.
   */
  first(mayExpire: boolean): Promise<void>;
  /** One sending, from dispatch to acknowledgement. @throws as `first`, and what `send` throws; see `Slots.run`. */
  inFlight<T>(send: (passed: () => void) => Promise<T>, mayExpire: boolean): Promise<T>;
}

/** What became of a message: `held` returns to its place in its chat. */
export type WorkResult = 'done' | 'released' | 'held';

export interface DispatcherLimits {
  /** Messages between dispatch and acknowledgement. */
  readonly inFlight: number;
  /** Messages being prepared. */
  readonly preparing: number;
  /** Jobs in hand. */
  readonly inHand: number;
}

export interface DispatcherOptions<J extends LaneJob> {
  readonly limits: DispatcherLimits;
  /** Same for all messages that must stay in order. */
  readonly chatOf: (job: J) => string;
  /** Works a message to its end; must not reject. */
  readonly work: (job: J, turn: Turn) => Promise<WorkResult>;
  /** For a message whose time ran out before it was begun; must not reject. */
  readonly expire: (job: J) => Promise<unknown>;
  /** More jobs can be used. */
  readonly onRoom: () => void;
}

export interface Dispatcher<J extends LaneJob> {
  add(jobs: readonly J[]): void;
  /** What can be used now. */
  room(): Room;
  /** Chats that have messages waiting to be begun. */
  waitingChats(): string[];
  /** Begins nothing of these chats until they are freed. */
  hold(chats: readonly string[]): void;
  /** @param chats all when absent. */
  free(chats?: readonly string[]): void;
  /** Two chats are one: their messages stand in one lane from now on, in the order they were accepted. */
  join(chat: string, into: string): void;
  /** What held the device back has changed. */
  recheck(): void;
  /** Begins nothing more and lets go of everything that is not in flight. @returns when what is in flight has ended. */
  drain(): Promise<void>;
  /** Resolves when everything that was begun has ended. */
  settled(): Promise<void>;
  close(): void;
}

interface Running<J extends LaneJob> {
  readonly job: J;
  lane: Lane<J>;
  preparing: boolean;
  flying: boolean;
  /** One before it in its chat was held: it has to stand behind that again. */
  overtaking: boolean;
  expiresAt: number;
  end: Promise<void>;
  /** Set while it waits for those before it in its chat. */
  wait?: { readonly go: () => void; readonly leave: (why: Error) => void } | undefined;
}

/** Messages of one chat under way: the next is prepared while one is in flight. */
const LANE_DEPTH = 2;
/** Prepared messages that wait for a slot; more would only be held in memory. */
const AHEAD = 16;
/** Everything begun and not resolved, which is what typing and resends are bounded by. */
const MOST_UNDER_WAY = 512;
/** More jobs are taken when fewer chats than this could begin one, and then so many that twice as many can. */
const CHATS_AT_HAND = 64;
/** A full hand takes this many urgent jobs more. */
const URGENT_RESERVE = 500;
const EXPIRY_CHECK_MS = 500;

export function createDispatcher<J extends LaneJob>(options: DispatcherOptions<J>): Dispatcher<J> {
  const { limits, chatOf, work, expire, onRoom } = options;
  const slots = createSlots(limits.inFlight);
  const lanes = new Map<string, Lane<J>>();
  /** Lanes that have something parked and may begin it. */
  const startable = new Set<Lane<J>>();
  const held = new Set<string>();
  const running = new Set<Running<J>>();
  const ending = new Set<Promise<void>>();
  let inHand = 0;
  let preparing = 0;
  let draining = false;

  const refresh = (lane: Lane<J>): void => {
    const isFree = lane.underWay.length < LANE_DEPTH && !held.has(lane.chat);
    if (lane.parked.length > 0 && isFree) startable.add(lane);
    else startable.delete(lane);
    if (lane.isEmpty) lanes.delete(lane.chat);
  };

  const best = (): Lane<J> | undefined => {
    let found: Lane<J> | undefined;
    for (const lane of startable) if (!found || comesBefore(lane, found)) found = lane;
    return found;
  };

  const begin = (): void => {
    while (!draining && preparing < limits.preparing && slots.waiting < AHEAD && running.size < MOST_UNDER_WAY) {
      const lane = best();
      const job = lane?.next();
      if (!lane || !job) break;
      lane.underWay.push(job);
      refresh(lane);
      run({
        job,
        lane,
        preparing: true,
        flying: false,
        overtaking: false,
        expiresAt: job.expiresAt,
        end: Promise.resolve(),
      });
    }
    const { jobs, above } = room();
    if (jobs > 0 && above === undefined) onRoom();
  };

  const run = (entry: Running<J>): void => {
    preparing += 1;
    running.add(entry);
    entry.end = track(work(entry.job, turnOf(entry)).then((result) => resolved(entry, result)));
  };

  const track = (task: Promise<unknown>): Promise<void> => {
    const end = task.then(() => {
      ending.delete(end);
      if (!draining) begin();
    });
    ending.add(end);
    return end;
  };

  const resolved = (entry: Running<J>, result: WorkResult): void => {
    const { lane, job } = entry;
    prepared(entry);
    running.delete(entry);
    lane.underWay.splice(lane.underWay.indexOf(job), 1);
    if (result === 'held') returnToLane(entry);
    else inHand -= 1;
    refresh(lane);
    letFirstGo(lane);
  };

  const letFirstGo = (lane: Lane<J>): void => {
    for (const other of running) if (other.lane === lane && other.wait && isFirst(other)) other.wait.go();
  };

  const returnToLane = ({ lane, job }: Running<J>): void => {
    lane.park(job);
    for (const other of running) {
      if (other.lane !== lane || other.job.sequence < job.sequence) continue;
      other.overtaking = true;
      other.wait?.leave(new HeldBack(0, 'chat'));
    }
  };

  const isFirst = ({ lane, job }: Running<J>): boolean => lane.underWay[0] === job;

  const prepared = (entry: Running<J>): void => {
    if (entry.preparing) preparing -= 1;
    entry.preparing = false;
  };

  const turnOf = (entry: Running<J>): Turn => ({
    async first(mayExpire) {
      prepared(entry);
      if (draining) throw new JobReleased();
      if (entry.overtaking) throw new HeldBack(0, 'chat');
      entry.expiresAt = mayExpire ? entry.job.expiresAt : Infinity;
      begin();
      if (isFirst(entry)) return;
      await new Promise<void>((go, leave) => (entry.wait = { go, leave })).finally(() => (entry.wait = undefined));
    },
    inFlight: (send, mayExpire) =>
      slots
        .run(
          {
            urgency: () => entry.lane.urgency,
            sequence: entry.job.sequence,
            expiresAt: mayExpire ? entry.job.expiresAt : Infinity,
          },
          (passed) => {
            entry.flying = true;
            return send(passed).catch((error: unknown) => {
              entry.flying = false;
              throw error;
            });
          },
        )
        .finally(begin),
  });

  const laneFor = (chat: string): Lane<J> => {
    const lane = lanes.get(chat) ?? new Lane<J>(chat);
    lanes.set(chat, lane);
    return lane;
  };

  const room = (): Room => {
    if (draining) return { jobs: 0 };
    const chats = PRIORITIES.map(() => 0);
    for (const { urgency } of startable) chats[urgency] = (chats[urgency] ?? 0) + 1;
    const space = limits.inHand - inHand;
    if (startable.size < CHATS_AT_HAND && space > 0) {
      return { jobs: Math.min(2 * CHATS_AT_HAND - startable.size, space) };
    }
    return roomForUrgent(chats, space + URGENT_RESERVE);
  };

  /** Enough is at hand; what is more urgent than that may still come. */
  const roomForUrgent = (chats: readonly number[], space: number): Room => {
    for (let urgency = LEAST_URGENT; urgency > 0 && space > 0; urgency -= 1) {
      const moreUrgent = chats.slice(0, urgency).reduce((sum, count) => sum + count, 0);
      const above = PRIORITIES[urgency];
      if (above && moreUrgent < CHATS_AT_HAND) return { jobs: Math.min(CHATS_AT_HAND - moreUrgent, space), above };
    }
    return { jobs: 0 };
  };

  const checkExpiry = (): void => {
    if (inHand === 0) return;
    const now = Date.now();
    slots.expire(now);
    for (const entry of running) if (entry.expiresAt <= now) entry.wait?.leave(new ExpiredWhileWaiting());
    for (const lane of [...lanes.values()]) {
      for (const job of lane.takeOut(({ expiresAt }) => expiresAt <= now)) {
        void track(expire(job).then(() => (inHand -= 1)));
      }
      refresh(lane);
    }
  };
  const timer = setInterval(checkExpiry, EXPIRY_CHECK_MS);

  return {
    add(jobs) {
      for (const job of jobs) {
        const lane = laneFor(chatOf(job));
        lane.park(job);
        inHand += 1;
        refresh(lane);
      }
      begin();
    },
    room,
    waitingChats: () => [...lanes.values()].filter(({ parked }) => parked.length > 0).map(({ chat }) => chat),
    hold(chats) {
      for (const chat of chats) {
        held.add(chat);
        const lane = lanes.get(chat);
        if (lane) refresh(lane);
      }
    },
    free(chats = [...held]) {
      for (const chat of chats) {
        const lane = held.delete(chat) && lanes.get(chat);
        if (lane) refresh(lane);
      }
      begin();
    },
    join(chat, into) {
      const old = lanes.get(chat);
      if (!old || chat === into) return;
      const lane = laneFor(into);
      lane.takeOver(old);
      for (const entry of running) if (entry.lane === old) entry.lane = lane;
      refresh(old);
      refresh(lane);
      letFirstGo(lane);
    },
    recheck: () => slots.recheck(),
    async drain() {
      draining = true;
      const flying = [...running].filter((entry) => entry.flying);
      slots.release();
      for (const { wait } of running) wait?.leave(new JobReleased());
      await Promise.all(flying.map(({ end }) => end));
    },
    async settled() {
      await Promise.all(ending);
    },
    close() {
      draining = true;
      slots.release();
      clearInterval(timer);
    },
  };
}

function comesBefore(a: Lane, b: Lane): boolean {
  return (a.urgency - b.urgency || (a.parked[0]?.sequence ?? 0) - (b.parked[0]?.sequence ?? 0)) < 0;
}
