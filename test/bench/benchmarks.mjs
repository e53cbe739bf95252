/** The benchmarks: one file each, one row each. */
import { campaign } from './campaign.mjs';
import { idle } from './idle.mjs';
import { ingress } from './ingress.mjs';
import { memory } from './memory.mjs';
import { sessions } from './sessions.mjs';
import { unique } from './unique.mjs';
import { webhooks } from './webhooks.mjs';

/**
 * @typedef {object} Benchmark
 * @property {number} deadlineMs all of it must be done by then
 * @property {(workshop: import('./lib/workshop.mjs').Workshop, options: { pairs: number, smoke: boolean }) =>
 *   Promise<Record<string, Result>>} run
 *
 * @typedef {object} Result
 * @property {number} value
 * @property {string} reach what it should be
 * @property {object} raw the figures it was made of
 */

/**
 * Those of a group can share what they start.
 * @type {Array<Record<string, Benchmark>>}
 */
export const BENCHMARK_GROUPS = [{ ingress }, { campaign, unique, idle }, { sessions }, { memory }, { webhooks }];
