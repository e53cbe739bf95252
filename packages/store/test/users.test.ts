import { type Caller, hashToken } from '@pombo/store';
import { keysOf, openTestStore, type TestStore } from '@pombo/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

let context: TestStore;
let tenantId: string;

beforeAll(async () => {
  context = await openTestStore();
});
beforeEach(async () => {
  ({ tenantId } = await context.store.tenants.create('Acme'));
});
afterAll(() => context.close());

const find = (token: string): Promise<Caller | undefined> => context.store.users.findCaller(hashToken(token) ?? '');
const make = (devices?: string[]) => context.store.users.create(tenantId, { name: 'Ana', role: 'user', devices });
const tokenKeys = async () => {
  const keys = await keysOf(context.redis, context.config.REDIS_PREFIX);
  return keys.filter((key) => key.includes(':token:'));
};

describe('a token', () => {
  test('is replaced: the new one works, the old one is gone at once and leaves nothing', async () => {
    const { user, token } = await make();
    const before = (await tokenKeys()).length;
    const next = await context.store.users.rotateToken(tenantId, user.id);
    expect(await find(token)).toBeUndefined();
    expect(await find(next)).toEqual({ tenantId, userId: user.id, role: 'user' });
    expect((await tokenKeys()).length).toBe(before);
  });

  test('replaced by many at once is in the end the one that was said last to work', async () => {
    const { user } = await make();
    const before = (await tokenKeys()).length;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, () => context.store.users.rotateToken(tenantId, user.id)),
    );
    const made = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
    const works = (await Promise.all(made.map(find))).filter((caller) => caller !== undefined);
    expect(works).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'RATE_LIMITED' });
    expect((await tokenKeys()).length).toBe(before);
  });

  test('whose replacement died half-way still works, and the next replacement clears up', async () => {
    const { user, token } = await make();
    const before = (await tokenKeys()).length;
    // What a process leaves that died after writing the new token's key and before the switch.
    const orphan = 'ab'.repeat(32);
    const { keys } = context.store;
    await context.redis.hset(keys.token(orphan), { hash: orphan, tenant: tenantId, user: user.id });
    await context.redis.hset(keys.user(tenantId, user.id), { next: orphan, nextAt: Date.now() - 60_000 });
    expect(await context.store.users.findCaller(orphan)).toBeUndefined();
    expect(await find(token)).toBeDefined();

    const next = await context.store.users.rotateToken(tenantId, user.id);
    expect(await find(next)).toBeDefined();
    expect((await tokenKeys()).length).toBe(before);
  });

  test('of a user or tenant that is disabled names nobody, until it is enabled again', async () => {
    const { users, tenants } = context.store;
    const { user, token } = await make();
    await users.update(tenantId, user.id, { enabled: false });
    expect(await find(token)).toBeUndefined();
    await users.update(tenantId, user.id, { enabled: true });
    expect(await find(token)).toBeDefined();
    await tenants.update(tenantId, { enabled: false });
    expect(await find(token)).toBeUndefined();
    await tenants.update(tenantId, { enabled: true });
    expect(await find(token)).toBeDefined();
  });
});

describe('a user', () => {
  test('is made in a tenant that exists, or not at all', async () => {
    const draft = { name: 'X', role: 'admin', devices: undefined } as const;
    await expect(context.store.users.create(`ten_${'0'.repeat(20)}`, draft)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('is listed, changed and removed; a change brings nobody back', async () => {
    const { users } = context.store;
    const { user, token } = await make();
    expect(await users.list(tenantId)).toEqual([user]);
    expect(await users.update(tenantId, user.id, { name: 'Bia', role: 'manager' })).toMatchObject({
      name: 'Bia',
      role: 'manager',
    });
    expect(await find(token)).toMatchObject({ role: 'manager' });
    expect(await users.remove(tenantId, user.id)).toBe(true);
    expect(await find(token)).toBeUndefined();
    expect(await users.remove(tenantId, user.id)).toBe(false);
    expect(await users.update(tenantId, user.id, { name: 'Zoe' })).toBeUndefined();
    await expect(users.rotateToken(tenantId, user.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await users.list(tenantId)).toEqual([]);
    const keys = await keysOf(context.redis, context.config.REDIS_PREFIX);
    expect(keys.filter((key) => key.includes(user.id))).toEqual([]);
  });

  test('of one tenant is none of another', async () => {
    const { users, tenants } = context.store;
    const { user } = await make();
    const other = (await tenants.create('Other')).tenantId;
    expect(await users.read(other, user.id)).toBeUndefined();
    expect(await users.update(other, user.id, { role: 'admin' })).toBeUndefined();
    expect(await users.remove(other, user.id)).toBe(false);
    expect(await users.read(tenantId, user.id)).toEqual(user);
  });

  test('may use the devices it was given, also none; an admin may use all', async () => {
    const { users } = context.store;
    const { user, token } = await make([]);
    expect(await find(token)).toMatchObject({ devices: [] });
    await users.allowDevice(tenantId, user.id, 'dev_A1F00000000000000001');
    await users.allowDevice(tenantId, user.id, 'dev_A1F00000000000000002');
    expect(await find(token)).toMatchObject({ devices: ['dev_A1F00000000000000001', 'dev_A1F00000000000000002'] });
    await users.update(tenantId, user.id, { role: 'admin' });
    expect(await find(token)).not.toHaveProperty('devices');
    await users.update(tenantId, user.id, { role: 'user', devices: 'all' });
    await users.allowDevice(tenantId, user.id, 'dev_A1F00000000000000001');
    expect(await find(token)).not.toHaveProperty('devices');
  });
});
