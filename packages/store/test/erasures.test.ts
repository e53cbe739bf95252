import {
  createEraseRecipient,
  createRecipientStep,
  createTenantStep,
  hashToken,
  type PendingErasure,
  type StepResult,
} from '@pombo/store';
import { keysOf, openTestStore, playOwner, type TestStore } from '@pombo/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { acceptMessage, draftFor } from './drafts.js';

const NUMBER = '551188887777';
const SPELLINGS = [`${NUMBER}@s.whatsapp.net`, '5511988887777@s.whatsapp.net'];
const LID = '44011000000009@lid';
const NEIGHBOUR = '5511977776666@s.whatsapp.net';

let context: TestStore;
let tenantId: string;
let deviceId: string;

beforeAll(async () => {
  context = await openTestStore();
});
beforeEach(async () => {
  ({ tenantId } = await context.store.tenants.create('Acme'));
  deviceId = await createDevice(tenantId);
});
afterAll(() => context.close());

async function createDevice(owner: string): Promise<string> {
  const { id } = await context.store.devices.create(owner, 'a phone');
  await playOwner(context.store, id);
  return id;
}

async function accept(to: string, device = deviceId, tenant = tenantId): Promise<string> {
  const draft = draftFor(context.store, device, { to, tenantId: tenant });
  await acceptMessage(context.store, draft);
  return draft.id;
}

const removed: string[] = [];
const recipientStep = () =>
  createRecipientStep({ ...context.store, removeJob: (id) => Promise.resolve(void removed.push(id)) });

async function carryOut(
  step: (pending: PendingErasure) => Promise<StepResult>,
  pending: PendingErasure,
): Promise<void> {
  while ((await step(pending)) !== 'done');
}

const allKeys = () => keysOf(context.redis, context.config.REDIS_PREFIX);

describe('erasing a person', () => {
  test('removes messages in every spelling and by LID, and leaves those of others', async () => {
    const { store, redis } = context;
    await store.recipients.save([{ asked: SPELLINGS[1] ?? '', jid: SPELLINGS[0], lid: LID }]);
    const mine = [await accept(SPELLINGS[0] ?? ''), await accept(SPELLINGS[1] ?? ''), await accept(LID)];
    const others = [await accept(NEIGHBOUR), await accept('120363000000000001@g.us')];
    const [first = '', second = ''] = mine;
    const { sealed } = store.sentMessages.seal(
      first,
      { type: 'text', text: 'x' },
      { bytes: Buffer.from('x'), shared: undefined },
    );
    await redis.set(store.keys.content(first), sealed);
    await store.messages.transition(first, deviceId, 'sent');
    const other = await store.tenants.create('Other');
    const otherDevice = await createDevice(other.tenantId);
    const foreign = await accept(SPELLINGS[0] ?? '', otherDevice, other.tenantId);
    await redis.hset(store.keys.auth(otherDevice), `session:${NUMBER}.0`, 'x');
    await redis.hset(store.keys.auth(deviceId), { [`session:${NUMBER}.0`]: 'x', 'session:5511977776666.0': 'x' });

    const pending = await store.erasures.requestRecipient(tenantId, SPELLINGS[0] ?? '');
    await carryOut(recipientStep(), pending);

    expect(await store.erasures.read(tenantId, pending.id)).toMatchObject({ done: true, erased: 3, canceled: 2 });
    for (const id of mine) {
      expect(await store.messages.read(id)).toBeUndefined();
      expect(await store.messages.readContent(id)).toBeUndefined();
      expect(await store.sentMessages.read(id)).toBeUndefined();
    }
    expect(removed).toContain(second);
    expect(removed).not.toContain(first);
    const listed = await store.messageIndex.read(deviceId, undefined, 100);
    expect(listed.map(({ messageId }) => messageId).sort()).toEqual([...others].sort());
    expect(await store.devices.waiting(deviceId)).toBe(2);
    expect(await store.recipients.read([SPELLINGS[0] ?? '', LID])).toEqual([undefined, undefined]);
    expect(await redis.hkeys(store.keys.auth(deviceId))).toEqual(['session:5511977776666.0']);

    expect((await store.messages.read(foreign))?.state).toBe('queued');
    expect(await redis.hkeys(store.keys.auth(otherDevice))).toEqual([`session:${NUMBER}.0`]);
    const dump = await redis.dumpBuffer(store.keys.erasure(tenantId, pending.id));
    expect(dump?.includes(NUMBER)).toBe(false);
  });

  test('finds messages to a LID that only a later message betrays', async () => {
    const { store } = context;
    const early = await accept(LID);
    const late = await accept(SPELLINGS[0] ?? '');
    await store.messages.transition(late, deviceId, 'sent', { chatJid: LID });
    const pending = await store.erasures.requestRecipient(tenantId, SPELLINGS[0] ?? '');
    await carryOut(recipientStep(), pending);
    expect(await store.messages.read(early)).toBeUndefined();
    expect(await store.messages.read(late)).toBeUndefined();
  });

  test('is about what was accepted before, not about what comes after', async () => {
    const { store } = context;
    const before = await accept(NEIGHBOUR);
    const pending = await store.erasures.requestRecipient(tenantId, NEIGHBOUR);
    const after = await acceptLater(pending.requestedAt);
    await carryOut(recipientStep(), pending);
    expect(await store.messages.read(before)).toBeUndefined();
    expect((await store.messages.read(after))?.state).toBe('queued');
  });

  /** Redis' clock stands still within a millisecond. */
  async function acceptLater(than: number): Promise<string> {
    for (;;) {
      const id = await accept(NEIGHBOUR);
      if (((await context.store.messages.read(id))?.queuedAt ?? 0) > than) return id;
      await context.store.messages.erase(id, { deviceId, at: 0, number: 0 });
    }
  }

  test('lets a message go that is on its way: it no longer counts, and its outcome changes nothing', async () => {
    const { store } = context;
    const id = await accept(NEIGHBOUR);
    const epoch = Number(await context.redis.hget(store.keys.lease(deviceId), 'epoch'));
    await store.messages.begin(id, deviceId, epoch);
    await store.messages.dispatch(id, deviceId, epoch);
    const pending = await store.erasures.requestRecipient(tenantId, NEIGHBOUR);
    await carryOut(recipientStep(), pending);
    expect(await store.erasures.read(tenantId, pending.id)).toMatchObject({ erased: 1, canceled: 0 });
    expect(await store.devices.waiting(deviceId)).toBe(0);
    expect(await store.messages.transition(id, deviceId, 'sent')).toEqual({ changed: false, state: undefined });
    expect(await store.devices.waiting(deviceId)).toBe(0);
    expect((await allKeys()).filter((key) => key.includes(id))).toEqual([]);
  });

  test('goes on where a process died, whichever step it died in, and comes to the same', async () => {
    const { store } = context;
    const devices = [deviceId, await createDevice(tenantId), await createDevice(tenantId)];
    for (const device of devices) for (let n = 0; n < 150; n++) await accept(n % 3 === 0 ? NEIGHBOUR : LID, device);
    const pending = await store.erasures.requestRecipient(tenantId, NEIGHBOUR);
    for (let steps = 0; ; steps++) {
      // Each time a new process; every other step is done twice, as if its end had not been noted.
      const progress = await store.erasures.progress(pending);
      if ((await recipientStep()(pending)) === 'done') break;
      if (steps % 2 === 1)
        await store.erasures.advance(pending, { device: progress['device'] ?? '', after: progress['after'] ?? '' });
    }
    for (const device of devices) {
      const listed = await store.messageIndex.read(device, undefined, 1_000);
      const records = await store.messages.readRecipients(listed.map(({ messageId }) => messageId));
      expect(records.map((record) => record?.to)).toEqual(Array.from({ length: 100 }, () => LID));
      expect(await store.devices.waiting(device)).toBe(100);
    }
    expect(await store.erasures.listPending()).not.toContainEqual({ tenantId, id: pending.id });
  });

  test('in one process at a time', async () => {
    const { erasures } = context.store;
    const pending = await erasures.requestRecipient(tenantId, NEIGHBOUR);
    expect(await erasures.lock(pending, 'one')).toBe(true);
    expect(await erasures.lock(pending, 'two')).toBe(false);
    expect(await erasures.keepLock(pending, 'two')).toBe(false);
    await erasures.unlock(pending, 'two');
    expect(await erasures.keepLock(pending, 'one')).toBe(true);
    await erasures.unlock(pending, 'one');
    expect(await erasures.lock(pending, 'two')).toBe(true);
  });
});

describe('erasing a tenant', () => {
  const step = () => createTenantStep({ ...context.store, settleMs: 0 });

  test('leaves nothing that is named after it, its devices or its messages, and nothing of others is touched', async () => {
    const { store, redis } = context;
    const second = await createDevice(tenantId);
    const { userId } = await store.tenants.createToken(tenantId, 'admin');
    await store.reusables.save({ tenantId, name: 'an upload' }, 'where it is', 60_000);
    await store.reusables.claim({ tenantId, name: 'another one' });
    const ids = [];
    for (let n = 0; n < 250; n++) ids.push(await accept(NEIGHBOUR, n % 2 ? deviceId : second));
    await redis.set(`${store.keys.queuePrefix(deviceId.slice(4, 7) as never)}:q-${deviceId}:meta`, 'x');
    await store.privacyTokenTimes.markIssued(deviceId, [NEIGHBOUR]);
    const other = await store.tenants.create('Other');
    const otherDevice = await createDevice(other.tenantId);
    const foreign = await accept(NEIGHBOUR, otherDevice, other.tenantId);

    const pending = await store.erasures.requestTenant(tenantId);
    if (!pending) throw new Error('no such tenant');
    expect(await store.erasures.requestTenant(tenantId)).toMatchObject({ id: pending.id });
    expect(await store.tenants.read(tenantId)).toMatchObject({ erasing: true });
    await carryOut(step(), pending);

    const left = await allKeys();
    const names = [tenantId, deviceId, second, userId, ...ids];
    const figures = store.keys.erasure(tenantId, pending.id);
    expect(left.filter((key) => key !== figures && names.some((name) => key.includes(name)))).toEqual([]);
    expect((await store.tenants.list()).map(({ id }) => id)).not.toContain(tenantId);
    expect(await store.devices.listIds()).toEqual(expect.not.arrayContaining([deviceId, second]));
    expect(await store.tenants.read(tenantId)).toBeUndefined();
    expect(await store.erasures.read(tenantId, pending.id)).toMatchObject({ done: true, erased: 250 });
    expect((await store.messages.read(foreign))?.state).toBe('queued');
    expect((await store.devices.read(otherDevice))?.paired).toBe(true);
  });

  test('stops everything at its first steps: nothing is accepted, and a worker can neither write nor send', async () => {
    const { store } = context;
    const { token } = await store.tenants.createToken(tenantId, 'admin');
    const id = await accept(NEIGHBOUR);
    const epoch = Number(await context.redis.hget(store.keys.lease(deviceId), 'epoch'));
    const pending = await store.erasures.requestTenant(tenantId);
    if (!pending) throw new Error('no such tenant');
    expect(await store.users.findCaller(hashToken(token) ?? '')).toBeUndefined();
    await step()(pending);
    await step()(pending);
    await expect(accept(NEIGHBOUR)).rejects.toMatchObject({ code: 'DEVICE_NOT_FOUND' });
    expect(await store.messages.dispatch(id, deviceId, epoch)).toMatchObject({ verdict: 'stale' });
    expect(await store.devices.reportAsOwner({ deviceId, epoch }, { state: 'connected' })).toBe(false);
    expect(await store.devices.read(deviceId)).toBeUndefined();
    await carryOut(step(), pending);
  });

  test('waits until workers have let go before it looks for what is left', async () => {
    const pending = await context.store.erasures.requestTenant(tenantId);
    if (!pending) throw new Error('no such tenant');
    const slow = createTenantStep({ ...context.store, settleMs: 3_600_000 });
    let last: StepResult = 'more';
    while (last === 'more') last = await slow(pending);
    expect(last).toBe('wait');
    expect(await context.store.tenants.read(tenantId)).toMatchObject({ erasing: true });
    await context.store.erasures.advance(pending, { settledAt: '0' });
    await carryOut(slow, pending);
  });
});

test('erasing a person of no device touches only the directory', async () => {
  const erase = createEraseRecipient(context.redis, context.store.keys);
  await context.store.recipients.save([{ asked: NEIGHBOUR, jid: NEIGHBOUR }]);
  await erase([NEIGHBOUR], []);
  expect(await context.store.recipients.read([NEIGHBOUR])).toEqual([undefined]);
});
