/** Reading and summing up what is measured. */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

const TICKS_PER_SECOND = 100;
const MEBIBYTE = 1024 * 1024;

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** To so many digits that say something. */
export const round = (value, digits = 3) => Number(value.toPrecision(digits));

/** CPU time of a process in milliseconds, all its threads; in steps of 10 ms. */
export function cpuMsOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}

export function residentMbOf(pid) {
  return (Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024) / MEBIBYTE;
}

/** How long `work` took, and the CPU time of `pid` meanwhile. */
export async function timed(pid, work) {
  const cpuBefore = cpuMsOf(pid);
  const startedAt = performance.now();
  const result = await work();
  return { seconds: (performance.now() - startedAt) / 1000, cpuMs: cpuMsOf(pid) - cpuBefore, result };
}

/**
 * One side after the other, `pairs` times, first come last in every second round, so that a machine that gets slower
 * favours nobody.
 * @param {Record<string, () => Promise<object>>} sides
 * @returns {Promise<Record<string, object[]>>}
 */
export async function interleave(pairs, sides) {
  const names = Object.keys(sides);
  const figures = Object.fromEntries(names.map((name) => [name, []]));
  for (let pair = 0; pair < pairs; pair += 1) {
    for (const name of pair % 2 === 0 ? names : [...names].reverse()) {
      const found = await sides[name]();
      console.error(`  ${pair + 1}/${pairs} ${name}: ${JSON.stringify(found)}`);
      figures[name].push(found);
    }
  }
  return figures;
}

/** The median over the pairs of one side's figure divided by the other's. */
export function medianRatio(over, under, figure) {
  return round(median(over.map((found, pair) => found[figure] / under[pair][figure])));
}
