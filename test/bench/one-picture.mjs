/**
 * `npm run bench:one-picture -- [--count N] [--devices N] [--workers N] [--cache-control TEXT]`: so many POSTs of one
 * `image_url` to as many people nobody has written to yet, and what that cost by the sandbox's own counters. Prints them
 * as JSON on the last line; exits 1 when it was more than one download, one upload, and one privacy query and key fetch
 * for each recipient, or when anybody did not get the picture.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../scripts/lib/ensure-built.mjs';
import { ensureInstalled } from '../../scripts/lib/ensure-installed.mjs';
import { createUndoStack } from '../../scripts/lib/local-pombo.mjs';
import { SAMPLE_IMAGE } from '../../scripts/lib/paths.mjs';
import { expectedError, failWith } from '../../scripts/lib/run-command.mjs';
import { waitUntil } from '../../scripts/lib/wait-until.mjs';
import { buildSendBody } from './lib/send-bodies.mjs';

const DRAIN_MS = 20 * 60_000;
const CONNECT_MS = 60_000;
/** They follow the messages, a few seconds behind. */
const TOKENS_MS = 60_000;
const READ_AT_ONCE = 500;
const POSTS_AT_ONCE = 16;
const RETRY_MS = 1_000;

const wholeNumber = (name, text) => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw expectedError(`--${name} must be a whole number from 1`);
  return value;
};

function readArguments() {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '10000' },
      devices: { type: 'string', default: '4' },
      workers: { type: 'string', default: '2' },
      // What the picture's host says of caching; nothing unless asked for.
      'cache-control': { type: 'string' },
    },
  });
  const { 'cache-control': cacheControl, ...numbers } = values;
  const counts = Object.entries(numbers).map(([name, text]) => [name, wholeNumber(name, text)]);
  return { ...Object.fromEntries(counts), cacheControl };
}

/** @returns its URL, and how often the picture was asked for and given. */
async function servePicture(undos, cacheControl) {
  const picture = await readFile(SAMPLE_IMAGE);
  const seen = { requests: 0, downloads: 0 };
  const server = createServer((_request, response) => {
    seen.requests += 1;
    seen.downloads += 1;
    response
      .writeHead(200, { 'content-type': 'image/jpeg', ...(cacheControl ? { 'cache-control': cacheControl } : {}) })
      .end(picture);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  undos.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${server.address().port}/campaign.jpg`, seen };
}

const secondsSince = (startedAt) => Number(((performance.now() - startedAt) / 1000).toFixed(1));
const countAboveOne = (counts) => Object.values(counts).filter((count) => count > 1).length;
const largest = (counts) => Object.values(counts).reduce((most, count) => Math.max(most, count), 0);

/** @returns how many messages are in each state. */
async function countStates(store, sent) {
  const states = {};
  for (let first = 0; first < sent.length; first += READ_AT_ONCE) {
    const part = sent.slice(first, first + READ_AT_ONCE);
    for (const { state } of await Promise.all(part.map(({ messageId }) => store.messages.read(messageId))))
      states[state] = (states[state] ?? 0) + 1;
  }
  return states;
}

/** One POST, repeated under its key while Redis is too slow to answer in time. @returns the message's id */
async function postOne({ ingress, token }, { nth, body }) {
  for (;;) {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': `one-picture-${nth}`,
    };
    const response = await fetch(`${ingress.url}/send/image`, { method: 'POST', headers, body });
    const answer = await response.json();
    if (response.status === 202) return { messageId: answer.message_id };
    if (response.status !== 503) throw new Error(`a POST was answered ${response.status}: ${answer.error}`);
    await wait(RETRY_MS);
  }
}

async function postAll(stage, bodies) {
  const accepted = [];
  let next = 0;
  const lane = async () => {
    while (next < bodies.length) {
      const nth = next++;
      accepted.push(await postOne(stage, { nth, body: bodies[nth] }));
    }
  };
  await Promise.all(Array.from({ length: POSTS_AT_ONCE }, lane));
  return accepted;
}

/** Posts everything, waits until it is delivered. */
async function sendAll(stage, { count, url }) {
  const { whenDrained } = await import('./lib/stage.mjs');
  const numbers = stage.numbers.take(count);
  const deviceIds = numbers.map((_number, nth) => stage.devices[nth % stage.devices.length].id);
  const bodies = numbers.map((number, nth) => buildSendBody({ deviceIds, imageUrl: url }, number, nth));
  const startedAt = performance.now();
  const accepted = await postAll(stage, bodies);
  const acceptedAfter = secondsSince(startedAt);
  await whenDrained(stage.store, stage.devices, DRAIN_MS);
  const sentAfter = secondsSince(startedAt);
  const states = await waitUntil(
    'every message to be delivered',
    async () => {
      const found = await countStates(stage.store, accepted);
      return found.sent === undefined && found.processing === undefined ? found : undefined;
    },
    { deadlineMs: DRAIN_MS, everyMs: 200 },
  );
  return { states, seconds: { accepted: acceptedAfter, sent: sentAfter, delivered: secondsSince(startedAt) } };
}

/** @returns the counters then; as they are, if that does not come about. */
async function whenTokensAreIssued(sandbox, tokens) {
  const deadline = performance.now() + TOKENS_MS;
  for (;;) {
    const counters = await sandbox.counters();
    if (counters.privacyTokens.tokens >= tokens || performance.now() > deadline) return counters;
    await wait(RETRY_MS);
  }
}

/** @returns what is not as it should be. */
function findProblems(found, count) {
  const expected = {
    downloads: 1,
    uploads: 1,
    delivered: count,
    most_privacy_queries_per_recipient: 1,
    most_key_fetches_per_recipient: 1,
    unreadable: 0,
  };
  return Object.entries(expected).flatMap(([name, limit]) => {
    const isRight = name.startsWith('most_') ? found[name] <= limit : found[name] === limit;
    return isRight ? [] : [`${name}: ${found[name]} instead of ${limit}`];
  });
}

async function run(undos, fail, { count, devices, workers, cacheControl }) {
  const { openWorkshop } = await import('./lib/workshop.mjs');
  const { openStage } = await import('./lib/stage.mjs');
  const { whenConnected } = await import('./lib/when-connected.mjs');
  const workshop = await openWorkshop(undos, fail);
  const stage = await openStage(workshop, { devices: 0, plain: false });
  const { url, seen } = await servePicture(undos, cacheControl);
  for (let nth = 0; nth < workers; nth += 1) await stage.startWorker();
  // Only now: devices that are there before all workers would change hands while they send.
  await stage.addDevices(devices);
  await whenConnected(stage.store, stage.devices, CONNECT_MS);
  const before = await stage.sandbox.counters();
  const { states, seconds } = await sendAll(stage, { count, url });
  const after = await whenTokensAreIssued(stage.sandbox, before.privacyTokens.tokens + count);
  const grown = (part, name) => after[part][name] - before[part][name];
  return {
    ...{ count, devices, workers, ...seen },
    uploads: grown('uploads', 'accepted'),
    // A phone may have said already that it was read.
    delivered: (states.delivered ?? 0) + (states.read ?? 0),
    states,
    most_privacy_queries_per_recipient: largest(after.privacyTokens.byRecipient),
    privacy_queries: grown('privacyTokens', 'queries'),
    privacy_tokens: grown('privacyTokens', 'tokens'),
    most_key_fetches_per_recipient: largest(after.keyFetches.requestsByRecipient),
    recipients_with_more_key_fetches: countAboveOne(after.keyFetches.requestsByRecipient),
    key_fetches: grown('keyFetches', 'requests'),
    device_queries: grown('usync', 'queries'),
    stanzas: grown('messages', 'received'),
    decrypted: after.decrypted - before.decrypted,
    unreadable: after.decryptFailures - before.decryptFailures,
    // Sent again because their outcome was unknown; a phone shows an id once.
    arrived_again: after.duplicates - before.duplicates,
    seconds,
  };
}

const undos = createUndoStack();
try {
  const options = readArguments();
  await ensureInstalled();
  await ensureBuilt(['apps/ingress', 'apps/worker', 'apps/sandbox']);
  const died = new Promise((_resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => reject(expectedError(signal)));
    options.fail = (why) => reject(expectedError(why));
  });
  const found = await Promise.race([run(undos, options.fail, options), died]);
  const problems = findProblems(found, options.count);
  for (const problem of problems) console.error(problem);
  process.stdout.write(`${JSON.stringify({ ok: problems.length === 0, ...found })}\n`);
  if (problems.length > 0) process.exitCode = 1;
} catch (error) {
  failWith(error);
} finally {
  await undos.run();
  // After a signal what waits for messages goes on waiting.
  process.exit();
}
