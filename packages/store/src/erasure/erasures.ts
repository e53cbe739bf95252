/**
 * What is to be erased, for as long as it takes: a record per erasure that says how far it has come, so that whoever
 * goes on after a crash begins where the last one stopped. Every step may be done twice.
 */
import { randomUUID } from 'node:crypto';
import { type Redis, SECOND } from '@pombo/runtime';
import { encodeChange } from '../changes.js';
import type { Keys } from '../keys.js';

export type ErasureKind = 'recipient' | 'tenant';

export interface Erasure {
  readonly id: string;
  readonly tenantId: string;
  readonly kind: ErasureKind;
  readonly done: boolean;
  /** Milliseconds since the epoch, by Redis' clock. */
  readonly requestedAt: number;
  readonly finishedAt: number | undefined;
  /** Messages removed so far; at least, where a process died meanwhile. */
  readonly erased: number;
  /** Those among them that were waiting to be sent. */
  readonly canceled: number;
}

export interface PendingErasure {
  readonly tenantId: string;
  readonly id: string;
}

/** What a step remembers for the next one. */
export type Progress = Readonly<Record<string, string>>;

export interface Erasures {
  /** Everything of the tenant about a person, as of now. @param jid of a number or a LID. */
  requestRecipient(tenantId: string, jid: string): Promise<Erasure>;
  /** The tenant with everything it has. Its tokens end at once. @returns undefined when there is no such tenant. */
  requestTenant(tenantId: string): Promise<Erasure | undefined>;
  read(tenantId: string, id: string): Promise<Erasure | undefined>;
  listPending(): Promise<PendingErasure[]>;
  /** For half a minute at most. @returns false while another process has it in hand. */
  lock(pending: PendingErasure, holder: string): Promise<boolean>;
  /** @returns false when another process has it in hand by now. */
  keepLock(pending: PendingErasure, holder: string): Promise<boolean>;
  unlock(pending: PendingErasure, holder: string): Promise<void>;
  /** The record as it is, with what the last step left. */
  progress(pending: PendingErasure): Promise<Progress>;
  advance(pending: PendingErasure, progress: Progress, counts?: { erased: number; canceled: number }): Promise<void>;
  /** Nothing is left but the figures, for a while. @param forget fields that say whom it was about. */
  finish(pending: PendingErasure, forget: readonly string[]): Promise<void>;
}

const ID = /^era_[0-9a-f]{20}$/;
const LOCK_MS = 30 * SECOND;

/** @param retentionMs how long the figures of a finished erasure can be read. */
export function createErasures(redis: Redis, keys: Keys, retentionMs: number): Erasures {
  const keyOf = ({ tenantId, id }: PendingErasure): string => keys.erasure(tenantId, id);
  const memberOf = ({ tenantId, id }: PendingErasure): string => `${tenantId}/${id}`;
  const now = async (): Promise<number> => {
    const [seconds, micros] = await redis.time();
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  };
  const read = async (tenantId: string, id: string): Promise<Erasure | undefined> => {
    if (!ID.test(id)) return undefined;
    const fields = await redis.hgetall(keys.erasure(tenantId, id));
    return fields['id'] === undefined ? undefined : erasureFromFields(tenantId, fields);
  };
  const request = async (tenantId: string, kind: ErasureKind, details: Progress): Promise<Erasure> => {
    const id = `era_${randomUUID().replaceAll('-', '').slice(0, 20)}`;
    const fields = { id, kind, at: String(await now()), ...details };
    await redis.hset(keys.erasure(tenantId, id), fields);
    await redis.sadd(keys.erasureIndex, memberOf({ tenantId, id }));
    return erasureFromFields(tenantId, fields);
  };
  const holds = async (pending: PendingErasure, holder: string): Promise<boolean> =>
    (await redis.get(keys.erasureLock(pending.tenantId, pending.id))) === holder;

  return {
    requestRecipient: (tenantId, jid) => request(tenantId, 'recipient', { jid }),
    async requestTenant(tenantId) {
      const [id, earlier] = await redis.hmget(keys.tenant(tenantId), 'id', 'erasing');
      if (!id) return undefined;
      const known = earlier ? await read(tenantId, earlier) : undefined;
      if (known) return known;
      // First the work, then the mark: a mark without work would never be taken up.
      const erasure = await request(tenantId, 'tenant', {});
      await redis.hset(keys.tenant(tenantId), 'erasing', erasure.id);
      await redis.publish(keys.changes, encodeChange({ kind: 'tenant', id: tenantId }));
      return erasure;
    },
    read,
    async listPending() {
      const members = await redis.smembers(keys.erasureIndex);
      return members.map((member) => {
        const [tenantId = '', id = ''] = member.split('/');
        return { tenantId, id };
      });
    },
    async lock({ tenantId, id }, holder) {
      return (await redis.set(keys.erasureLock(tenantId, id), holder, 'PX', LOCK_MS, 'NX')) === 'OK';
    },
    async keepLock(pending, holder) {
      if (!(await holds(pending, holder))) return false;
      await redis.pexpire(keys.erasureLock(pending.tenantId, pending.id), LOCK_MS);
      return true;
    },
    async unlock(pending, holder) {
      if (await holds(pending, holder)) await redis.del(keys.erasureLock(pending.tenantId, pending.id));
    },
    progress: (pending) => redis.hgetall(keyOf(pending)),
    async advance(pending, progress, counts = { erased: 0, canceled: 0 }) {
      const step = redis.multi().hset(keyOf(pending), progress);
      if (counts.erased > 0) step.hincrby(keyOf(pending), 'erased', counts.erased);
      if (counts.canceled > 0) step.hincrby(keyOf(pending), 'canceled', counts.canceled);
      await step.exec();
    },
    async finish(pending, forget) {
      const key = keyOf(pending);
      const step = redis.multi().hset(key, 'doneAt', await now());
      if (forget.length > 0) step.hdel(key, ...forget);
      await step.pexpire(key, retentionMs).exec();
      await redis.srem(keys.erasureIndex, memberOf(pending));
    },
  };
}

function erasureFromFields(tenantId: string, fields: Progress): Erasure {
  return {
    id: fields['id'] ?? '',
    tenantId,
    kind: fields['kind'] === 'tenant' ? 'tenant' : 'recipient',
    done: fields['doneAt'] !== undefined,
    requestedAt: Number(fields['at']),
    finishedAt: fields['doneAt'] === undefined ? undefined : Number(fields['doneAt']),
    erased: Number(fields['erased'] ?? 0),
    canceled: Number(fields['canceled'] ?? 0),
  };
}
