/**
 * `npm run test:faults [-- --short | --takeover] [--cluster | --sentinel] [--without PROTECTION] [--seed N] [--untimed]`: sends thousands of
 * messages while workers are killed, stopped, suspended and added, connections cut, acknowledgements dropped, uploads
 * refused and Redis restarted; then looks at the phones and at what the webhooks told. Prints a report as JSON on the
 * last line; exits 1 when anything was lost, doubled, unreadable or out of order.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readFile } from 'node:fs/promises';
import { ensureBuilt } from '../../scripts/lib/ensure-built.mjs';
import { ensureInstalled } from '../../scripts/lib/ensure-installed.mjs';
import { createUndoStack } from '../../scripts/lib/local-pombo.mjs';
import { SAMPLE_IMAGE } from '../../scripts/lib/paths.mjs';
import { expectedError, failWith } from '../../scripts/lib/run-command.mjs';
import { DRAIN, LONG, SHORT, TAKEOVER } from './scenarios.mjs';

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    takeover: { type: 'boolean', default: false },
    drain: { type: 'boolean', default: false },
    cluster: { type: 'boolean', default: false },
    sentinel: { type: 'boolean', default: false },
    without: { type: 'string' },
    seed: { type: 'string', default: '1' },
    untimed: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});

const log = (line) => console.error(`${new Date().toISOString().slice(11, 23)} ${line}`);

async function play(size, undos, dir, failed) {
  const { openArena } = await import('./arena.mjs');
  const { createChildren } = await import('./children.mjs');
  const { meetRecipients, runCampaign } = await import('./campaign.mjs');
  const { seeded, startTrouble } = await import('./trouble.mjs');
  const { judge } = await import('./verdict.mjs');
  const { startClusteredRedis, startSingleRedis, startWatchedRedis } = await import('./redis-source.mjs');
  const children = createChildren({ logDir: dir, onDeath: failed.with });
  const arena = await openArena({
    dir,
    children,
    without: values.without,
    picture: await readFile(SAMPLE_IMAGE),
    startSource: values.cluster ? startClusteredRedis : values.sentinel ? startWatchedRedis : startSingleRedis,
    settings: size.settings,
    onEnd: undos.push,
  });
  const linked = await arena.sandbox.link(size.devices);
  const devices = [];
  for (const [index, device] of linked.entries()) devices.push(await arena.addDevice(device, `device ${index + 1}`));
  const chats = devices.flatMap((device, nth) =>
    Array.from({ length: size.chatsPerDevice }, (_, index) => ({
      device,
      number: `4477${String(10_000_000 + nth * 1_000 + index)}`,
    })),
  );
  const workers = await Promise.all(Array.from({ length: size.workers }, () => arena.startWorker()));
  log(`${chats.length} recipients are met`);
  await Promise.race([meetRecipients(arena, chats), failed.happens]);

  log('the trouble begins');
  const random = seeded(Number(values.seed));
  const trouble = startTrouble(arena, chats, workers, { ...size, random, log, onFailure: failed.with });
  const onProgress = (share) => trouble.progress(share);
  const campaign = await Promise.race([runCampaign(arena, chats, { ...size, onProgress }), failed.happens]);
  log('all is settled');
  return Promise.race([judge(arena, campaign, trouble, !values.untimed), failed.happens]);
}

async function checkWithout(protection) {
  // Built by now: the list needs the packages.
  const { WEAKNESSES } = await import('./weaknesses.mjs');
  if (protection === undefined || Object.hasOwn(WEAKNESSES, protection)) return;
  throw expectedError(`--without knows ${Object.keys(WEAKNESSES).join(', ')}.`);
}

function failure() {
  let fail;
  const happens = new Promise((_resolve, reject) => (fail = reject));
  happens.catch(() => undefined);
  return { happens, with: (error) => fail(error) };
}

const scenario = values.takeover ? TAKEOVER : values.drain ? DRAIN : values.short ? SHORT : LONG;
const undos = createUndoStack();
const dir = await mkdtemp(join(tmpdir(), 'pombo-faults-'));
try {
  await ensureInstalled();
  await ensureBuilt(['packages/testing', 'apps/ingress', 'apps/worker', 'apps/webhooks', 'apps/sandbox']);
  await checkWithout(values.without);
  const begun = Date.now();
  const { report, faults } = await play(scenario, undos, dir, failure());
  for (const fault of faults) log(`FAULT: ${fault}`);
  console.log(JSON.stringify({ ...report, seconds: Math.round((Date.now() - begun) / 1000), faults }));
  process.exitCode = faults.length === 0 ? 0 : 1;
} catch (error) {
  failWith(error);
} finally {
  await undos.run();
  if (values.keep) log(`logs and data are in ${dir}`);
  else await rm(dir, { recursive: true, force: true });
  // After a failure the campaign would go on asking.
  process.exit();
}
