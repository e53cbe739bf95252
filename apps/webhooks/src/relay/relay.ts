/**
 * Moves events from the shards' outboxes to their tenants, for the endpoints that want them. A shard is worked by one
 * relay at a time, under a lease; dying at any step loses nothing, because the outbox forgets an event only after its
 * tenant has it, and doubles nothing, because the tenant knows how far it got in each outbox.
 */
import { type OutboxEvent, parseShard, type Shard } from '@pombo/contracts';
import { describeError, type Logger, type Metrics } from '@pombo/runtime';
import { asksFor, type OutboxEntry, type Store, type WantedEvent, type WebhookEndpoint } from '@pombo/store';
import type { Directory } from '../directory.js';
import type { Turns } from '../turns/turns.js';
import { createShardsInUse } from './shards-in-use.js';

export interface Relay {
  /** Says that there may be something in a shard's outbox. */
  nudge(shard: Shard): void;
  /** Works off all shards that were left behind. Resolves when they have been noted. */
  sweep(): Promise<void>;
  /** Finishes the batches in hand. */
  stop(): Promise<void>;
}

export interface RelayOptions {
  /** Name of this process among all relays. */
  readonly owner: string;
  /** Far longer than a batch takes; a dead relay's shard waits no longer than this. */
  readonly leaseMs: number;
  readonly store: Store;
  readonly directory: Directory;
  readonly turns: Pick<Turns, 'spread'>;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Events moved at once. */
const BATCH = 500;
const SHARDS_AT_ONCE = 16;

export function createRelay({ owner, leaseMs, store, directory, turns, metrics, logger }: RelayOptions): Relay {
  const shards = createShardsInUse(store.devices);
  const waiting = new Set<Shard>();
  const timers = new Set<NodeJS.Timeout>();
  const working = new Map<Shard, Promise<void>>();
  let stopping = false;

  const drain = async (shard: Shard): Promise<void> => {
    let done: string | undefined;
    do {
      const take = { owner, leaseMs, limit: stopping ? 0 : BATCH, ...(done === undefined ? {} : { done }) };
      const entries = await store.outbox.take(shard, take);
      if (!Array.isArray(entries)) return nudgeIn(shard, entries.heldForMs);
      const last = entries.at(-1);
      if (!last) return;
      await admit(shard, entries);
      metrics.webhookEvents.inc(entries.length);
      done = last.entryId;
    } while (done !== undefined);
  };

  /** Whoever holds the outbox finishes what is in it, unless it has died. */
  const nudgeIn = (shard: Shard, ms: number): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      nudge(shard);
    }, ms);
    timers.add(timer);
  };

  const admit = async (shard: Shard, entries: readonly OutboxEntry[]): Promise<void> => {
    await directory.refresh();
    for (const [tenantId, own] of await groupByTenant(entries, directory)) {
      const endpoints = await directory.endpointsOf(tenantId);
      const wanted = selectWanted(own, endpoints);
      if (wanted.length === 0) continue;
      const ids = endpoints.map(({ id }) => id);
      await turns.spread(await store.webhooks.events.admit(tenantId, shard, ids, wanted));
    }
  };

  const work = (shard: Shard): void => {
    waiting.delete(shard);
    const drained = drain(shard)
      .catch((error: unknown) => logger.error('events were not relayed and will be later', describeError(error)))
      .finally(() => {
        working.delete(shard);
        next();
      });
    working.set(shard, drained);
  };

  const next = (): void => {
    for (const shard of waiting) {
      if (stopping || working.size >= SHARDS_AT_ONCE) return;
      if (!working.has(shard)) work(shard);
    }
  };

  const nudge = (shard: Shard): void => {
    waiting.add(shard);
    next();
  };

  return {
    nudge,
    async sweep() {
      for (const shard of await store.outbox.findBehind(await shards.list())) nudge(shard);
    },
    async stop() {
      stopping = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(working.values());
    },
  };
}

async function groupByTenant(
  entries: readonly OutboxEntry[],
  directory: Directory,
): Promise<Map<string, OutboxEntry[]>> {
  const groups = new Map<string, OutboxEntry[]>();
  for (const entry of entries) {
    const tenantId = await directory.tenantOf(entry);
    if (tenantId === undefined) continue;
    const group = groups.get(tenantId);
    if (group) group.push(entry);
    else groups.set(tenantId, [entry]);
  }
  return groups;
}

/** Events some endpoint asks for. A disabled endpoint is given nothing, but can have them replayed. */
function selectWanted(entries: readonly OutboxEntry[], endpoints: readonly WebhookEndpoint[]): WantedEvent[] {
  const wanted: WantedEvent[] = [];
  for (const { entryId, event } of entries) {
    const asking = endpoints.flatMap((endpoint, place) => (isFor(endpoint, event) ? [place] : []));
    const wantedBy = asking.filter((place) => endpoints[place]?.enabled);
    if (asking.length > 0) wanted.push({ entryId, event, wantedBy });
  }
  return wanted;
}

/** What happened before an endpoint was made is not for it. */
function isFor(endpoint: WebhookEndpoint, event: OutboxEvent): boolean {
  return event.at >= endpoint.createdAt && asksFor(endpoint, event);
}

/** What is published on the outbox channel. */
export function readNudge(message: string): Shard {
  return parseShard(message);
}
