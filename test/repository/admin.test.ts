import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createFailFastRedis, loadConfig, silentLogger } from '@pombo/runtime';
import { createRecipientStep, createStore, hashToken, readAuthEntries, seedAuthEntries } from '@pombo/store';
import { eventually, removeKeys, testEnvironment } from '@pombo/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runScript } from './repository-files.js';

const env = testEnvironment();
const operator = { REDIS_URL: env['REDIS_URL'], REDIS_PREFIX: env['REDIS_PREFIX'], SESSION_ENCRYPTION_KEY: '' };
const admin = (...args: string[]) => runScript(['scripts/admin.mjs', ...args], operator);

const config = loadConfig(env);
const redis = createFailFastRedis({
  target: config.REDIS,
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

const callerOf = (token: string) => store.users.findCaller(hashToken(token) ?? '');
const printed = (text: string, name: string): string => new RegExp(`^${name} +(\\S+)`, 'm').exec(text)?.[1] ?? '';

describe('npm run admin', () => {
  test('makes a tenant with a token that works, without knowing the key', async () => {
    const { status, stdout } = await admin('create-tenant', '--name', 'Padaria São João');
    expect(status).toBe(0);
    const caller = await callerOf(printed(stdout, 'token'));
    expect(caller).toMatchObject({ tenantId: printed(stdout, 'tenant'), role: 'admin' });
  });

  test('makes another token, with a role, for a tenant that exists', async () => {
    const { tenantId } = await store.tenants.create('Another');
    const { status, stdout } = await admin('create-token', '--tenant', tenantId, '--role', 'user');
    expect(status).toBe(0);
    expect(await callerOf(printed(stdout, 'token'))).toMatchObject({
      tenantId,
      role: 'user',
    });
  });

  test('makes, lists, disables and removes users; a token that is replaced ends', async () => {
    const { tenantId } = await store.tenants.create('Users');
    const device = await store.devices.create(tenantId, 'a phone');
    const tenant = ['--tenant', tenantId];
    const made = await admin('create-user', ...tenant, '--name', 'Ana', '--role', 'user', '--devices', device.id);
    const [userId, token] = [printed(made.stdout, 'user'), printed(made.stdout, 'token')];
    expect(await callerOf(token)).toMatchObject({ tenantId, userId, role: 'user', devices: [device.id] });

    const listed = await admin('list-users', ...tenant);
    expect(listed.stdout).toMatch(new RegExp(`^${userId} +user +enabled +1 devices +Ana$`, 'm'));
    expect(listed.stdout).not.toContain(token);
    const next = printed((await admin('rotate-token', ...tenant, '--user', userId)).stdout, 'token');
    expect(await callerOf(token)).toBeUndefined();
    await admin('disable-user', ...tenant, '--user', userId);
    expect(await callerOf(next)).toBeUndefined();
    expect((await admin('delete-user', ...tenant, '--user', userId)).status).toBe(0);
    expect(await store.users.list(tenantId)).toEqual([]);
  });

  test('asks for erasures, which an ingress carries out', async () => {
    const { tenantId } = await store.tenants.create('Forgotten');
    const asked = admin('erase', '--tenant', tenantId, '--number', '+55 11 98888-7777');
    const [pending] = await eventually('the erasure is asked for', async () => {
      const all = await store.erasures.listPending();
      return all.length > 0 ? all : undefined;
    });
    const step = createRecipientStep({ ...store, removeJob: () => Promise.resolve() });
    while (pending && (await step(pending)) !== 'done');
    const { status, stdout } = await asked;
    expect(status).toBe(0);
    expect(stdout).toMatch(/^erasure era_\w+ done: 0 messages/);
    expect((await admin('delete-tenant', '--tenant', tenantId)).status).toBe(0);
    expect((await admin('list-tenants')).stdout).toMatch(new RegExp(`^${tenantId} .* being erased +Forgotten$`, 'm'));
    expect(await store.tenants.read(tenantId)).toMatchObject({ erasing: true });
  });

  test('exports a device to a file that only its passphrase opens, and imports it', async () => {
    const { tenantId } = await store.tenants.create('Moves');
    const { id } = await store.devices.create(tenantId, 'a phone');
    await seedAuthEntries(redis, store.keys, store.cipher, id, new Map([['creds', '{}']]));
    const jid = '5511988887777:3@s.whatsapp.net';
    await store.devices.report(id, { paired: true, jid, phone: '5511988887777' });
    const file = join(await mkdtemp(join(tmpdir(), 'pombo-backup-')), 'device');
    const run = (passphrase: string, ...args: string[]) =>
      runScript(['scripts/admin.mjs', ...args, '--file', file], {
        ...operator,
        SESSION_ENCRYPTION_KEY: config.SESSION_ENCRYPTION_KEY[0]?.toString('hex'),
        BACKUP_PASSPHRASE: passphrase,
      });
    const passphrase = 'correct horse battery staple';
    expect(await run(passphrase, 'export-device', '--device', id)).toMatchObject({ status: 0 });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await run(passphrase, 'export-device', '--device', id)).stderr).toContain('EEXIST');
    await store.devices.report(id, { paired: false });
    const wrong = await run('another passphrase', 'import-device', '--tenant', tenantId);
    expect(wrong.stderr).toContain('another passphrase');
    const done = await run(passphrase, 'import-device', '--tenant', tenantId);
    const made = printed(done.stdout, 'device');
    expect(await store.devices.read(made)).toMatchObject({ tenantId, name: 'a phone', paired: true, jid });
    const auth = await readAuthEntries(redis, store.keys, store.cipher, made);
    expect(Object.fromEntries(auth)).toEqual({ creds: '{}', imported: '1' });
    await rm(dirname(file), { recursive: true });
  });

  test.each([
    ['no command', [], 'Which command?'],
    ['an unknown command', ['destroy'], 'No such command: destroy'],
    ['no name', ['create-tenant'], '--name is missing'],
    ['a name without quotes', ['create-tenant', '--name', 'Two', 'words'], 'needs quotes'],
    ['an unknown role', ['create-tenant', '--name', 'X', '--role', 'king'], '--role must be one of'],
    ['an unknown option', ['create-tenant', '--nmae', 'X'], "'--nmae'"],
    ['an option of another command', ['list-tenants', '--user', 'X'], '--user means nothing to list-tenants'],
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
