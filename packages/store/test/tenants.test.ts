import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { keysOf, openTestStore, type TestStore } from '@pombo/testing';

let context: TestStore;
beforeAll(async () => {
  context = await openTestStore();
});
afterAll(() => context.close());

test('a token names its user and tenant, in any letter case, and is kept only as a hash', async () => {
  const { tenants } = context.store;
  const { tenantId } = await tenants.create('Acme');
  const { token, userId } = await tenants.createToken(tenantId, 'manager');
  const caller = { tenantId, userId, role: 'manager' };
  expect(await tenants.authenticate(token)).toEqual(caller);
  expect(await tenants.authenticate(token.toUpperCase())).toEqual(caller);
  const keys = await keysOf(context.redis, context.config.REDIS_PREFIX);
  expect(keys.some((key) => key.includes(token))).toBe(false);
  const dumps = await Promise.all(keys.map((key) => context.redis.dumpBuffer(key)));
  expect(dumps.some((dump) => dump.includes(token))).toBe(false);
});

test.each(['', 'abc', '*', '00000000-0000-4000-8000-000000000000', '00000000-0000-1000-8000-000000000000'])(
  'the token "%s" names nobody',
  async (token) => {
    expect(await context.store.tenants.authenticate(token)).toBeUndefined();
  },
);
