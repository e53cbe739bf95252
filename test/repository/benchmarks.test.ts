/** Figures of a handful of messages say nothing; that there is one under every key says that the benchmarks still run. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const RUN = fileURLToPath(new URL('../bench/run.mjs', import.meta.url));

test('every benchmark runs, and its last line has a figure for every key', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [RUN, '--smoke', '--pairs', '1', '--json']);
  const { reach, raw, machine, ...figures } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<
    string,
    object
  >;
  expect(figures).toEqual({
    ingress_ratio: expect.any(Number),
    ingress_inline_ratio: expect.any(Number),
    campaign_rate_ratio: expect.any(Number),
    campaign_cpu_ratio: expect.any(Number),
    unique_rate_ratio: expect.any(Number),
    idle_latency_extra_ms: expect.any(Number),
    session_rss_mb: expect.any(Number),
    session_redis_cps: expect.any(Number),
    devices_flatness: expect.any(Number),
    queue_flatness: expect.any(Number),
    queued_bytes: expect.any(Number),
    finished_bytes: expect.any(Number),
    webhook_ratio: expect.any(Number),
    webhook_hang_ratio: expect.any(Number),
  });
  expect(Object.keys({ ...raw }).sort()).toEqual(Object.keys(figures).sort());
  expect(Object.keys({ ...reach }).sort()).toEqual(Object.keys(figures).sort());
  expect(machine).toMatchObject({ cores: expect.any(Number), date: expect.any(String) });
}, 400_000);
