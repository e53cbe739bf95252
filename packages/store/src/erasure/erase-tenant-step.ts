/**
 * Removes a tenant with everything it has. Its devices go first: without its record a device accepts nothing, and
 * without its lease a worker can write nothing more of it and ends the session.
 */
import { mastersOf, type Redis, SECOND } from '@pombo/runtime';
import { encodeChange } from '../changes.js';
import type { Devices } from '../devices.js';
import type { Keys } from '../keys.js';
import type { MessageIndex } from '../message-index.js';
import type { Users } from '../users.js';
import type { Webhooks } from '../webhooks/webhooks.js';
import type { StepResult } from './erase-recipient-step.js';
import type { Erasures, PendingErasure, Progress } from './erasures.js';

/** Messages removed in one step. */
const BATCH = 200;
/** Workers look at their leases every 10 s; then none has a session of the tenant. */
export const SETTLE_MS = 15 * SECOND;
/** Keys looked at by one command, and commands in one step. */
const SCAN = { keys: 1_000, commands: 20 };

export interface TenantStepParts {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly erasures: Erasures;
  readonly devices: Devices;
  readonly users: Users;
  readonly webhooks: Pick<Webhooks, 'endpoints'>;
  readonly messageIndex: MessageIndex;
  /** How long workers have to let go of the devices, in milliseconds. */
  readonly settleMs: number;
}

export function createTenantStep(parts: TenantStepParts): (pending: PendingErasure) => Promise<StepResult> {
  const { redis, keys, erasures, devices, users, webhooks, messageIndex, settleMs } = parts;

  const stopDevice = async (deviceId: string): Promise<void> => {
    await redis.del(keys.device(deviceId), keys.lease(deviceId));
    await devices.announce(deviceId);
  };
  const eraseMessages = async (deviceId: string): Promise<number> => {
    const batch = await messageIndex.readOldest(deviceId, undefined, BATCH);
    await Promise.all(
      batch.map(async (entry) => {
        const { messageId } = entry;
        await redis.del(keys.record(messageId), keys.content(messageId));
        await redis.xdel(keys.messageIndex(deviceId), `${entry.at}-${entry.number}`);
      }),
    );
    return batch.length;
  };

  const phases: Record<string, (pending: PendingErasure, progress: Progress) => Promise<StepResult>> = {
    async endpoints(pending) {
      const { tenantId } = pending;
      for (const { id } of await webhooks.endpoints.listOfTenant(tenantId))
        await webhooks.endpoints.remove({ tenantId, webhookId: id });
      await erasures.advance(pending, { phase: 'devices' });
      return 'more';
    },
    async devices(pending, { device = '' }) {
      const deviceIds = (await devices.listIdsOfTenant(pending.tenantId)).sort();
      const current = deviceIds.find((id) => id > device);
      if (current === undefined) {
        await erasures.advance(pending, { phase: 'settle', settledAt: String(Date.now() + settleMs) });
        return 'more';
      }
      await stopDevice(current);
      const erased = await eraseMessages(current);
      const atEnd = erased < BATCH;
      if (atEnd) await redis.del(keys.messageIndex(current), keys.counters(current), keys.auth(current));
      await erasures.advance(pending, atEnd ? { device: current } : {}, { erased, canceled: 0 });
      return 'more';
    },
    async settle(pending, { settledAt }) {
      if (Date.now() < Number(settledAt)) return 'wait';
      for (const { id } of await users.list(pending.tenantId)) await users.remove(pending.tenantId, id);
      await erasures.advance(pending, { phase: 'sweep', scan: '0' });
      return 'more';
    },
    /** Whatever else is named after the tenant or a device of it: queues, intents, tokens given to contacts. */
    async sweep(pending, progress) {
      const { tenantId } = pending;
      const names = [tenantId, ...(await devices.listIdsOfTenant(tenantId))];
      const kept = new Set([keys.tenant(tenantId), keys.tenantDevices(tenantId)]);
      const isMeant = (key: string): boolean =>
        !kept.has(key) && !key.startsWith(keys.erasure(tenantId, '')) && names.some((name) => key.includes(name));
      const runs = await readRuns(redis);
      // A cursor counts only for the run of the server that gave it: after a restart or a failover all begins anew.
      const goesOn = progress['runs'] === runs.map(({ id }) => id).join();
      const at = goesOn ? Number(progress['server']) : 0;
      let cursor = goesOn ? (progress['scan'] ?? '0') : '0';
      for (let commands = 0; commands < SCAN.commands; commands++) {
        const server = runs[at]?.server ?? redis;
        const [next, found] = await server.scan(cursor, 'MATCH', `${keys.everyPrefix}*`, 'COUNT', SCAN.keys);
        await Promise.all(found.filter(isMeant).map((key) => redis.unlink(key)));
        cursor = next;
        if (cursor === '0') break;
      }
      const server = cursor === '0' ? at + 1 : at;
      const place = { runs: runs.map(({ id }) => id).join(), server: String(server), scan: cursor };
      await erasures.advance(pending, server >= runs.length ? { phase: 'finish' } : place);
      return 'more';
    },
    async finish(pending) {
      const { tenantId } = pending;
      for (const deviceId of await devices.listIdsOfTenant(tenantId)) await redis.hdel(keys.deviceIndex, deviceId);
      await redis.del(keys.tenantDevices(tenantId), keys.tenant(tenantId));
      await redis.srem(keys.tenantIndex, tenantId);
      await redis.publish(keys.changes, encodeChange({ kind: 'tenant', id: tenantId }));
      await erasures.finish(pending, ['phase', 'device', 'runs', 'server', 'scan', 'settledAt']);
      return 'done';
    },
  };

  return async (pending) => {
    const progress = await erasures.progress(pending);
    const phase = phases[progress['phase'] ?? 'endpoints'];
    if (!phase) throw new Error('an erasure is in a phase that this version does not know');
    return phase(pending, progress);
  };
}

/** The servers that hold keys, in an order that only a restart or a failover changes. */
async function readRuns(redis: Redis): Promise<Array<{ server: Redis; id: string }>> {
  const runs = await Promise.all(
    mastersOf(redis).map(async (server) => {
      const id = /^run_id:(\w+)/m.exec(await server.info('server'))?.[1] ?? '';
      return { server, id };
    }),
  );
  return runs.sort((one, other) => (one.id < other.id ? -1 : 1));
}
