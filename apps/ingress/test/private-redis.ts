/** A Redis of the test's own, to be stopped and halted at will. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface RunningRedis {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

interface RedisScript {
  readonly startRedis: (options: { dir: string; port?: number }) => Promise<RunningRedis>;
}

/** In a variable, since plain JavaScript has no types to look up. */
const SCRIPT: string = '../../../scripts/redis.mjs';

export interface PrivateRedis {
  readonly url: string;
  readonly port: number;
  /** Ends it; `start` begins again on the same port with the same data. */
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
  /** Stops answering, without closing anything. */
  readonly halt: () => void;
  readonly resume: () => void;
  readonly remove: () => Promise<void>;
}

export async function createPrivateRedis(): Promise<PrivateRedis> {
  const { startRedis } = (await import(SCRIPT)) as RedisScript;
  const dir = await mkdtemp(join(tmpdir(), 'pombo-ingress-redis-'));
  let running = await startRedis({ dir });
  const { url, port } = running;
  const stop = () => running.stop();
  return {
    url,
    port,
    stop,
    async start() {
      running = await startRedis({ dir, port });
    },
    halt: () => void process.kill(running.pid, 'SIGSTOP'),
    resume: () => void process.kill(running.pid, 'SIGCONT'),
    async remove() {
      await stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
