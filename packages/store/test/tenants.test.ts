import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Caller, hashToken } from '@pombo/store';
import { keysOf, openTestStore, type TestStore } from '@pombo/testing';

let context: TestStore;
beforeAll(async () => {
  context = await openTestStore();
});
afterAll(() => context.close());

const callerOf = async (token: string): Promise<Caller | undefined> => {
  const hash = hashToken(token);
  return hash === undefined ? undefined : context.store.users.findCaller(hash);
};

test('a token names its user and tenant, in any letter case, and is kept only as a hash', async () => {
  const { tenants } = context.store;
  const { tenantId } = await tenants.create('Acme');
  const { token, userId } = await tenants.createToken(tenantId, 'manager');
  const caller = { tenantId, userId, role: 'manager' };
  expect(await callerOf(token)).toEqual(caller);
  expect(await callerOf(token.toUpperCase())).toEqual(caller);
  const keys = await keysOf(context.redis, context.config.REDIS_PREFIX);
  expect(keys.some((key) => key.includes(token))).toBe(false);
  const dumps = await Promise.all(keys.map((key) => context.redis.dumpBuffer(key)));
  expect(dumps.some((dump) => dump.includes(token))).toBe(false);
});

test.each(['', 'abc', '*', '00000000-0000-4000-8000-000000000000', '00000000-0000-1000-8000-000000000000'])(
  'the token "%s" names nobody',
  async (token) => {
    expect(await callerOf(token)).toBeUndefined();
  },
);
