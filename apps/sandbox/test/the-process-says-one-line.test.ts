import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import type { SandboxEndpoint } from '@pombo/sandbox';
import { waitFor } from './harness/wait-for.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

test('the process prints where it is, nothing else, and ends with status 0 on SIGTERM', async () => {
  const child = spawn(process.execPath, [MAIN], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let complaints = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  await waitFor('the ready line', () => output.includes('\n'));
  const ready = JSON.parse(output) as SandboxEndpoint & { event: string };
  expect(ready).toMatchObject({
    event: 'ready',
    whatsappUrl: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/ws\/chat$/),
  });
  const health = await fetch(`${ready.controlUrl}/health`);
  expect(await health.json()).toEqual({ status: 'ok' });
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number];
  expect({ code, complaints, lines: output.trim().split('\n').length }).toEqual({ code: 0, complaints: '', lines: 1 });
});

test('a wrong setting is told on stderr and ends the process with status 1', async () => {
  const env = { ...process.env, SANDBOX_MEDIA_PORT: 'many' };
  const child = spawn(process.execPath, [MAIN], { stdio: ['ignore', 'ignore', 'pipe'], env });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  expect({ code, complaints }).toEqual({
    code: 1,
    complaints: 'sandbox: SANDBOX_MEDIA_PORT must be a whole number, not below 0\n',
  });
});
