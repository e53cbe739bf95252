/**
 * `npm run bench:hostile-images -- [--json]`: sends every hostile picture there is through a worker, small ones that are
 * broken and huge ones that are not, and prints how each ended, how far the worker's memory grew, how long its event loop was
 * held up, and whether a session was lost. Exits 1 when that is more than it may be.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { ensureBuilt } from '../../scripts/lib/ensure-built.mjs';
import { ensureInstalled } from '../../scripts/lib/ensure-installed.mjs';
import { createUndoStack } from '../../scripts/lib/local-pombo.mjs';
import { expectedError, failWith } from '../../scripts/lib/run-command.mjs';
import { waitUntil } from '../../scripts/lib/wait-until.mjs';

const SETTLED_MS = 180_000;
const MEBIBYTE = 1024 * 1024;
const LIMITS = { rss_growth_mb: 256, event_loop_p99_ms: 50, sessions_dropped: 0, unclear_outcomes: 0, bait_taken: 0 };
/** Codes that tell the client what is wrong with its picture. */
const TYPED = new Set(['MEDIA_INVALID', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'MEDIA_DOWNLOAD_FAILED']);

async function serve(undos, answer) {
  const seen = { requests: 0 };
  const server = createServer((request, response) => {
    seen.requests += 1;
    answer(request, response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  undos.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${server.address().port}`, seen };
}

async function makeImages(bait) {
  const { makeHostileImages } = await import('@pombo/testing');
  const { makeHugeImages } = await import('./lib/huge-images.mjs');
  const red = sharp({ create: { width: 60, height: 40, channels: 3, background: 'red' } });
  const CMYK = await red.clone().toColourspace('cmyk').jpeg().toBuffer();
  const RGB = await red.clone().jpeg().toBuffer();
  return [...makeHostileImages(bait, { CMYK, RGB }), ...(await makeHugeImages())];
}

/** In megabytes. @param field `VmRSS`, or `VmHWM` for the most since that was reset. */
async function readMemory(pid, field) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return (Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) * 1024) / MEBIBYTE;
}
const resetPeak = (pid) => writeFile(`/proc/${pid}/clear_refs`, '5');

/** Since it was asked last. @returns milliseconds. */
async function readEventLoopP99(url) {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^pombo_nodejs_eventloop_lag_p99_seconds\S* (\S+)$/m.exec(text)?.[1]) * 1000;
}

async function send({ ingress, token }, imageUrl, number) {
  const response = await fetch(`${ingress.url}/send/image`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ number, image_url: imageUrl }),
  });
  if (response.status !== 202) throw new Error(`a POST was answered ${response.status}`);
  return (await response.json()).message_id;
}

async function whenSettled(store, id) {
  const isSettled = async () => {
    const record = await store.messages.read(id);
    return ['delivered', 'read', 'failed', 'expired'].includes(record.state) ? record : undefined;
  };
  return waitUntil('a message to be settled', isSettled, { deadlineMs: SETTLED_MS, everyMs: 20 });
}

async function run(undos, fail) {
  const { openWorkshop } = await import('./lib/workshop.mjs');
  const { openStage } = await import('./lib/stage.mjs');
  const stage = await openStage(await openWorkshop(undos, fail), { devices: 1, plain: false });
  const bait = await serve(undos, (_request, response) => response.end());
  const images = await makeImages(bait.url);
  const host = await serve(undos, ({ url }, response) => {
    // Called what it may not be, by name and by header.
    response.writeHead(200, { 'content-type': 'image/jpeg' }).end(images[parseInt(url.slice(1), 10)].bytes);
  });
  const worker = await stage.connectWorker();
  const [first, ...numbers] = stage.numbers.take(images.length + 1);
  // With all it needs loaded.
  await whenSettled(stage.store, await send(stage, stage.pictures('good'), first));
  await resetPeak(worker.pid);
  const before = await readMemory(worker.pid, 'VmRSS');
  const { closed } = (await stage.sandbox.counters()).connections;
  await readEventLoopP99(worker.url);

  const ids = [];
  for (const nth of images.keys()) ids.push(await send(stage, `${host.url}/${nth}.jpg`, numbers[nth]));
  const outcomes = [];
  for (const [nth, id] of ids.entries()) {
    const { state, errorCode } = await whenSettled(stage.store, id);
    outcomes.push({ name: images[nth].name, outcome: errorCode ?? state });
  }
  const eventLoopMs = await readEventLoopP99(worker.url);
  const peak = await readMemory(worker.pid, 'VmHWM');
  const isClear = ({ outcome }) => outcome === 'delivered' || outcome === 'read' || TYPED.has(outcome);
  return {
    outcomes,
    images: images.length,
    rss_before_mb: Math.round(before),
    rss_growth_mb: Math.round(peak - before),
    event_loop_p99_ms: Number(eventLoopMs.toFixed(1)),
    sessions_dropped: (await stage.sandbox.counters()).connections.closed - closed,
    unclear_outcomes: outcomes.filter((one) => !isClear(one)).length,
    bait_taken: bait.seen.requests,
  };
}

const undos = createUndoStack();
try {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
  await ensureInstalled();
  await ensureBuilt(['apps/ingress', 'apps/worker', 'apps/sandbox', 'packages/testing']);
  let fail;
  const died = new Promise((_resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => reject(expectedError(signal)));
    fail = (why) => reject(expectedError(why));
  });
  const { outcomes, ...found } = await Promise.race([run(undos, fail), died]);
  if (!values.json) for (const { name, outcome } of outcomes) console.log(`${outcome.padEnd(24)}${name}`);
  const problems = Object.entries(LIMITS).filter(([name, limit]) => !(found[name] <= limit));
  for (const [name, limit] of problems) console.error(`${name}: ${found[name]}, at most ${limit}`);
  process.stdout.write(
    `${JSON.stringify({ ok: problems.length === 0, ...found, ...(values.json ? { outcomes } : {}) })}\n`,
  );
  if (problems.length > 0) process.exitCode = 1;
} catch (error) {
  failWith(error);
} finally {
  await undos.run();
  await wait(0);
  process.exit();
}
