import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@pombo/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Running, startScript } from './repository-files.js';

/** Starting a Redis, a sandbox, an ingress and a worker takes its time on a busy machine. */
const START_MS = 120_000;

interface RunFile {
  readonly children: ReadonlyArray<{ readonly pid: number; readonly match: string }>;
}

describe('npm start', () => {
  let dataDir: string;
  let running: Running | undefined;

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'pombo-start-'));
  });
  afterEach(async () => {
    running?.child.kill('SIGTERM');
    await running?.finished;
    running = undefined;
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** Any free ports, so that the test gets along with a Pombo that runs here. */
  const start = (...args: string[]): Running => {
    const ports = { PORT: '0', WORKER_PORT: '0', WEBHOOK_PORT: '0', SANDBOX_CONTROL_PORT: '0' };
    running = startScript(['scripts/start.mjs', '--data', dataDir, ...args], ports);
    return running;
  };

  const whenReady = async (run: Running): Promise<string> => {
    await eventually('the summary', () => run.stdout().includes('Ctrl-C'), { timeoutMs: START_MS });
    return run.stdout();
  };

  const childrenOf = (): RunFile['children'] =>
    (JSON.parse(readFileSync(join(dataDir, 'run.json'), 'utf8')) as RunFile).children;

  const isAlive = ({ pid }: { readonly pid: number }): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  test(
    'with --once prints the delivered message as the last line and leaves nothing behind',
    async () => {
      const { status, stdout, stderr } = await start('--once').finished;
      expect({ status, stderr }).toMatchObject({ status: 0 });
      expect(stdout.endsWith('\n')).toBe(true);
      const resource = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as { metadata: Record<string, unknown> };
      expect(resource).toMatchObject({ success: true, status: 'delivered', type: 'image' });
      expect(resource.metadata).toMatchObject({ mentions_processed: 1, image_format: 'image/jpeg' });
      expect(resource.metadata['download_time_ms']).toEqual(expect.any(Number));
      expect(readdirSync(dataDir)).toEqual([]);
    },
    START_MS,
  );

  test(
    'prints commands that work as they are, and stops everything at Ctrl-C, even when npm repeats it',
    async () => {
      const run = start();
      const summary = await whenReady(run);
      const url = /POST (\S+)/.exec(summary)?.[1] ?? '';
      const token = /Bearer ([^"]+)/.exec(summary)?.[1] ?? '';
      const body = /-d '(.+)'/.exec(summary)?.[1] ?? '';
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const accepted = await fetch(url, { method: 'POST', headers, body });
      expect(accepted.status).toBe(202);
      const { message_id: id } = (await accepted.json()) as { message_id: string };

      const recipient = /curl (\S+\/recipients\/\d+)/.exec(summary)?.[1] ?? '';
      await eventually('the picture on the phone', async () => (await (await fetch(recipient)).text()).includes(id));

      const children = childrenOf();
      expect(children).toHaveLength(5);
      run.child.kill('SIGINT');
      run.child.kill('SIGINT');
      expect((await run.finished).status).toBe(0);
      expect(children.filter(isAlive)).toEqual([]);
    },
    2 * START_MS,
  );

  test(
    'refuses to share a data folder, cleans up after a run that was killed, and ends with status 1 when a part dies',
    async () => {
      const killed = start();
      await whenReady(killed);
      const orphans = childrenOf();
      const second = await startScript(['scripts/start.mjs', '--data', dataDir]).finished;
      expect(second.status).toBe(1);
      expect(second.stderr).toContain('already running');

      killed.child.kill('SIGKILL');
      await killed.finished;
      const run = start();
      await whenReady(run);
      expect(orphans.filter(isAlive)).toEqual([]);

      const children = childrenOf();
      process.kill(children.find(({ match }) => match.includes('worker'))?.pid ?? 0, 'SIGKILL');
      const { status, stderr } = await run.finished;
      expect(status).toBe(1);
      expect(stderr).toContain('worker ended (SIGKILL)');
      expect(children.filter(isAlive)).toEqual([]);
    },
    3 * START_MS,
  );

  test('explains an option it does not know', async () => {
    const { status, stderr } = await start('--twice').finished;
    expect(status).toBe(1);
    expect(stderr).toContain('Usage: npm start');
  });
});
