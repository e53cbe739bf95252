import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually, openTestStore, testConfig, testEnvironment } from '@pombo/testing';
import { createIngress } from '@pombo/ingress';
import { silentLogger } from '@pombo/runtime';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

let mediaDir: string;

beforeAll(async () => {
  mediaDir = await mkdtemp(join(tmpdir(), 'pombo-ingress-main-'));
});
afterAll(async () => rm(mediaDir, { recursive: true, force: true }));

interface Ended {
  readonly status: number | null;
  readonly stderr: string;
}

function run(env: Record<string, string>, onLine: (line: string) => void = () => undefined) {
  const child = spawn(process.execPath, [MAIN], { env: { PATH: process.env['PATH'] ?? '', ...env } });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => chunk.toString().split('\n').filter(Boolean).forEach(onLine));
  const ended = new Promise<Ended>((resolve) => child.once('exit', (status) => resolve({ status, stderr })));
  return { child, ended };
}

test('a configuration that cannot be used is explained line by line, status 1', async () => {
  const { status, stderr } = await run({ PORT: 'soon' }).ended;
  expect(status).toBe(1);
  expect(stderr).toContain('REDIS_URL is not set');
  expect(stderr).toContain('PORT must be a number');
});

test('a Redis that is not there ends the start, status 1', async () => {
  const { status } = await run({ ...testEnvironment({ MEDIA_DIR: mediaDir }), REDIS_URL: 'redis://127.0.0.1:1' }).ended;
  expect(status).toBe(1);
});

test('says where it listens, and SIGTERM stops it with status 0', async () => {
  const env = testEnvironment({ MEDIA_DIR: mediaDir, LOG_LEVEL: 'info' });
  const lines: Array<{ message: string; url?: string }> = [];
  const { child, ended } = run(env, (line) => lines.push(JSON.parse(line) as { message: string }));
  const { url } = await eventually('it is ready', () => lines.find(({ message }) => message === 'ready'));
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  child.kill('SIGTERM');
  expect((await ended).status).toBe(0);
  const opened = await openTestStore(testConfig(env));
  await opened.close();
});

test('leaves a mark in the media folder that a worker can look for', async () => {
  const config = testConfig({ MEDIA_DIR: mediaDir });
  const ingress = createIngress(config, { logger: silentLogger });
  await ingress.start();
  const opened = await openTestStore(config);
  expect(await opened.store.mediaProbe.read()).toMatch(/^[\w-]+$/);
  await ingress.stop();
  await opened.close();
});

test('stopped while it starts, it listens on nothing', async () => {
  const ingress = createIngress(testConfig({ MEDIA_DIR: mediaDir }), { logger: silentLogger });
  const started = ingress.start();
  const stopped = ingress.stop();
  await expect(started).rejects.toThrow();
  await stopped;
});
