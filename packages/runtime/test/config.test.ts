import { describe, expect, test } from '@jest/globals';
import { ConfigError, loadConfig } from '@pombo/runtime';

const KEY = 'ab'.repeat(32);
const minimal = { REDIS_URL: 'redis://localhost:6379', SESSION_ENCRYPTION_KEY: KEY };

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

test('the least that is needed gives a frozen configuration with defaults', () => {
  const config = loadConfig(minimal);
  expect(config).toMatchObject({ PORT: 3000, DEFAULT_WAIT_SECONDS: 0, MEDIA_ALLOW_HOSTS: [], REDIS_PREFIX: 'pombo' });
  expect(config.SESSION_ENCRYPTION_KEY).toEqual([Buffer.from(KEY, 'hex')]);
  expect(Object.isFrozen(config)).toBe(true);
});

test('an empty value counts as not set, an unknown name is nobody’s business', () => {
  expect(loadConfig({ ...minimal, PORT: ' ', SHELL: '/bin/sh' }).PORT).toBe(3000);
});

test('every problem is reported at once, by the name of its setting', () => {
  const problems = problemsOf({ PORT: 'many', LOG_LEVEL: 'loud', SESSION_ENCRYPTION_KEY: 'short' });
  for (const name of ['REDIS_URL', 'PORT', 'LOG_LEVEL', 'SESSION_ENCRYPTION_KEY']) {
    expect(problems.some((problem) => problem.includes(name))).toBe(true);
  }
});

describe('contradictions are refused at start', () => {
  test.each([
    [{ REDIS_URL: minimal.REDIS_URL }, 'SESSION_ENCRYPTION_KEY'],
    [{ ...minimal, LEASE_TTL_MS: '3000', LEASE_RENEW_MS: '1500' }, 'LEASE_RENEW_MS'],
    [{ ...minimal, MASTER_TOKEN: 'changeme' }, 'MASTER_TOKEN'],
    [{ ...minimal, MASTER_TOKEN: 'abc'.repeat(20) }, 'MASTER_TOKEN'],
    [{ ...minimal, SEND_ACK_TIMEOUT_MS: '4000', PROBE_TIMEOUT_MS: '2500' }, 'PROBE_TIMEOUT_MS'],
    [{ ...minimal, WHATSAPP_ROOT_KEY: KEY }, 'WHATSAPP_ROOT_KEY'],
    [{ ...minimal, WHATSAPP_TLS_INSECURE: 'true', WHATSAPP_URL: 'wss://example.com/ws/chat' }, 'WHATSAPP_TLS_INSECURE'],
    [{ ...minimal, WHATSAPP_TLS_INSECURE: 'true' }, 'WHATSAPP_TLS_INSECURE'],
    [{ ...minimal, REDIS_CLUSTER_NODES: 'a:1,b:2' }, 'REDIS_CLUSTER_NODES'],
    [{ ...minimal, REDIS_PASSWORD: 'secret' }, 'REDIS_PASSWORD'],
    [{ ...minimal, REDIS_TLS: 'true' }, 'REDIS_TLS'],
    [{ SESSION_ENCRYPTION_KEY: KEY, REDIS_SENTINELS: 'a:26379' }, 'REDIS_SENTINEL_MASTER'],
    [{ SESSION_ENCRYPTION_KEY: KEY, REDIS_CLUSTER_NODES: 'a:1,b' }, 'REDIS_CLUSTER_NODES'],
    [{ ...minimal, SANDBOX_MODE: 'true', WHATSAPP_URL: 'wss://example.com/ws/chat' }, 'SANDBOX_MODE'],
  ])('%j names %s', (env, name) => {
    const problems = problemsOf(env);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(name);
  });
});

test('a master token that cannot be guessed is taken, and in the sandbox any', () => {
  expect(loadConfig({ ...minimal, MASTER_TOKEN: KEY.replace('ab', 'ef3719d0c2') }).MASTER_TOKEN).toContain('ef37');
  const sandbox = { REDIS_URL: minimal.REDIS_URL, SANDBOX_MODE: 'true', MASTER_TOKEN: 'master' };
  expect(loadConfig(sandbox).MASTER_TOKEN).toBe('master');
});

test('the time for a sign of life fits the time for an acknowledgement, unless it is set', () => {
  expect(loadConfig(minimal).PROBE_TIMEOUT_MS).toBe(5000);
  expect(loadConfig({ ...minimal, SEND_ACK_TIMEOUT_MS: '1000' }).PROBE_TIMEOUT_MS).toBe(250);
  expect(loadConfig({ ...minimal, PROBE_TIMEOUT_MS: '700' }).PROBE_TIMEOUT_MS).toBe(700);
});

test('sandbox mode needs no key and lets media come from loopback', () => {
  const config = loadConfig({
    REDIS_URL: minimal.REDIS_URL,
    SANDBOX_MODE: 'true',
    WHATSAPP_URL: 'ws://127.0.0.1:4000/ws/chat',
    MEDIA_ALLOW_HOSTS: 'cdn.internal, 10.0.0.0/8',
  });
  expect(config.SESSION_ENCRYPTION_KEY[0]).toHaveLength(32);
  expect(config.MEDIA_ALLOW_HOSTS).toEqual(expect.arrayContaining(['cdn.internal', '10.0.0.0/8', '127.0.0.0/8']));
});

test('keys are rotated by putting the new one first, in hex or base64', () => {
  const other = Buffer.alloc(32, 7);
  const config = loadConfig({ ...minimal, SESSION_ENCRYPTION_KEY: `${other.toString('base64')}, ${KEY}` });
  expect(config.SESSION_ENCRYPTION_KEY).toEqual([other, Buffer.from(KEY, 'hex')]);
});

test('Redis is one server, a Sentinel group or a Cluster', () => {
  const key = { SESSION_ENCRYPTION_KEY: KEY };
  const node = { host: '10.0.0.1', port: 6379 };
  expect(loadConfig(minimal).REDIS).toEqual({ kind: 'single', url: minimal.REDIS_URL });
  const sentinel = {
    REDIS_SENTINELS: 's1:26379, [::1]:26380',
    REDIS_SENTINEL_MASTER: 'main',
    REDIS_PASSWORD: 'secret',
  };
  expect(loadConfig({ ...key, ...sentinel }).REDIS).toMatchObject({
    kind: 'sentinel',
    master: 'main',
    sentinels: [
      { host: 's1', port: 26379 },
      { host: '::1', port: 26380 },
    ],
    access: { password: 'secret' },
  });
  const cluster = { REDIS_CLUSTER_NODES: '10.0.0.1:6379', REDIS_CLUSTER_NAT_MAP: '172.17.0.2:6379=10.0.0.1:6379' };
  expect(loadConfig({ ...key, ...cluster }).REDIS).toMatchObject({
    kind: 'cluster',
    nodes: [node],
    natMap: { '172.17.0.2:6379': node },
  });
});
