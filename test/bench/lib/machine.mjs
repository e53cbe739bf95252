import { cpus, loadavg } from 'node:os';
import { redisVersion } from '../../../scripts/redis.mjs';

export function describeMachine() {
  const cores = cpus();
  return {
    date: new Date().toISOString(),
    cores: cores.length,
    cpu: cores[0]?.model ?? 'unknown',
    node: process.version,
    redis: redisVersion().split(' ').slice(0, 3).join(' '),
    load: loadavg().map((value) => Number(value.toFixed(2))),
  };
}
