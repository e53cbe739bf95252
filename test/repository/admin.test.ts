import { createFailFastRedis, loadConfig, silentLogger } from '@pombo/runtime';
import { createStore, hashToken } from '@pombo/store';
import { removeKeys, testEnvironment } from '@pombo/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runScript } from './repository-files.js';

const env = testEnvironment();
const operator = { REDIS_URL: env['REDIS_URL'], REDIS_PREFIX: env['REDIS_PREFIX'], SESSION_ENCRYPTION_KEY: '' };
const admin = (...args: string[]) => runScript(['scripts/admin.mjs', ...args], operator);

const config = loadConfig(env);
const redis = createFailFastRedis({
  url: config.REDIS_URL,
  name: 'test',
  logger: silentLogger,
  commandTimeoutMs: 5_000,
});
const store = createStore(redis, config);

beforeAll(() => redis.connect());
afterAll(async () => {
  await removeKeys(redis, config.REDIS_PREFIX);
  redis.disconnect();
});

const printed = (text: string, name: string): string => new RegExp(`^${name} +(\\S+)`, 'm').exec(text)?.[1] ?? '';

describe('npm run admin', () => {
  test('makes a tenant with a token that works, without knowing the key', async () => {
    const { status, stdout } = await admin('create-tenant', '--name', 'Padaria São João');
    expect(status).toBe(0);
    const caller = await store.users.findCaller(hashToken(printed(stdout, 'token')) ?? '');
    expect(caller).toMatchObject({ tenantId: printed(stdout, 'tenant'), role: 'admin' });
  });

  test('makes another token, with a role, for a tenant that exists', async () => {
    const { tenantId } = await store.tenants.create('Another');
    const { status, stdout } = await admin('create-token', '--tenant', tenantId, '--role', 'user');
    expect(status).toBe(0);
    expect(await store.users.findCaller(hashToken(printed(stdout, 'token')) ?? '')).toMatchObject({
      tenantId,
      role: 'user',
    });
  });

  test.each([
    ['no command', [], 'Which command?'],
    ['an unknown command', ['destroy'], 'No such command: destroy'],
    ['no name', ['create-tenant'], '--name is missing'],
    ['a name without quotes', ['create-tenant', '--name', 'Two', 'words'], 'needs quotes'],
    ['an unknown role', ['create-tenant', '--name', 'X', '--role', 'king'], '--role must be one of'],
    ['an unknown option', ['create-tenant', '--nmae', 'X'], "'--nmae'"],
    ['a tenant nobody has', ['create-token', '--tenant', 'ten_nobody'], 'No tenant has the id ten_nobody'],
  ])('with %s says what is wrong and makes nothing', async (_what, args, message) => {
    const { status, stdout, stderr } = await admin(...args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });

  test('says which Redis does not answer, without its password', async () => {
    const nowhere = { ...operator, REDIS_URL: 'redis://:secret@127.0.0.1:1' };
    const { status, stderr } = await runScript(['scripts/admin.mjs', 'create-tenant', '--name', 'X'], nowhere);
    expect(status).toBe(1);
    expect(stderr).toContain('127.0.0.1:1');
    expect(stderr).not.toContain('secret');
  });
});
