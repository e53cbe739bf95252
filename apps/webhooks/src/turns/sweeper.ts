/**
 * Looks from time to time for what nobody was told of: events in an outbox whose notice got lost, endpoints whose turn
 * was lost with the process that had it. One process at a time does it. Also forgets what was kept long enough.
 */
import { describeError, type Logger } from '@pombo/runtime';
import type { Store } from '@pombo/store';
import type { Relay } from '../relay/relay.js';
import type { Turns } from './turns.js';

export interface Sweeper {
  start(): void;
  /** Looks out of turn, for a process has died. */
  lookNow(): void;
  stop(): Promise<void>;
}

export interface SweeperOptions {
  readonly owner: string;
  readonly everyMs: number;
  readonly store: Store;
  readonly relay: Relay;
  readonly turns: Turns;
  readonly logger: Logger;
}

/** Endpoints looked at at once. */
const PIECE = 50;

export function createSweeper({ owner, everyMs, store, relay, turns, logger }: SweeperOptions): Sweeper {
  const { redis, keys, webhooks } = store;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopping = false;

  const sweep = async (): Promise<void> => {
    await relay.sweep();
    const names = await webhooks.endpoints.listNames();
    for (let at = 0; at < names.length && !stopping; at += PIECE) {
      const piece = names.slice(at, at + PIECE);
      await Promise.all(piece.map((name) => turns.plan(name)));
      await Promise.all(piece.map((name) => webhooks.deliveries.tidy(name)));
    }
  };

  /** The first look is everyone's own: whoever starts may start because all others died. */
  const look = async (first: boolean): Promise<void> => {
    const mine =
      (await redis.set(keys.webhookSweep, owner, 'PX', Math.max(1, Math.floor(everyMs * 0.9)), 'NX')) === 'OK';
    if (mine || first) await sweep();
  };

  const beat = (first: boolean): void => {
    running ??= look(first)
      .catch((error: unknown) => logger.error('looking for forgotten events failed', describeError(error)))
      .finally(() => (running = undefined));
  };

  return {
    start() {
      beat(true);
      timer = setInterval(() => beat(false), everyMs);
    },
    lookNow() {
      // One that is under way may have been there already.
      void Promise.resolve(running).then(() => stopping || beat(true));
    },
    async stop() {
      stopping = true;
      clearInterval(timer);
      await running;
    },
  };
}
