/**
 * `npm start`: Pombo on one machine with the sandbox as its WhatsApp. The first command on a fresh machine: it installs
 * and builds what is missing, and nothing it imports needs a dependency before that.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createApiClient } from './lib/api-client.mjs';
import { connectDemo, DEMO_RECIPIENT, ensureDemo, scanWithSandbox } from './lib/demo.mjs';
import { ensureBuilt } from './lib/ensure-built.mjs';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { createUndoStack, startLocalPombo } from './lib/local-pombo.mjs';
import { removeKeys, requireRedis } from './lib/open-store.mjs';
import { DATA_DIR, shownPath } from './lib/paths.mjs';
import { expectedError, failWith } from './lib/run-command.mjs';
import { takeRunLock } from './lib/run-lock.mjs';
import { sampleBody, sendSample } from './lib/send-sample.mjs';
import { serveSample } from './lib/serve-sample.mjs';

const USAGE = `Usage: npm start [-- OPTIONS]

Runs Redis (unless REDIS_URL is set), a sandbox in place of WhatsApp (unless WHATSAPP_URL is set), the API, a worker and
the webhooks app, pairs a demo device and prints a token and a command to try. Ctrl-C stops everything.

  --once       send the sample image, wait until it is delivered, print the message as JSON, stop
  --data DIR   keep Redis' files, media and logs there instead of in .data
  --help       print this`;

const PAIRING_DEADLINE_MS = 60_000;
/** With someone else's stand-in a person has to scan. */
const SCAN_BY_HAND_DEADLINE_MS = 10 * 60_000;
/**
 * npm passes on the Ctrl-C that the terminal has already sent to every process in the foreground, so the first one
 * arrives twice; a person who means it presses again later than that.
 */
const SAME_KEYPRESS_MS = 1_000;

/** Why a run ends although nothing failed. */
class Interrupted extends Error {}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: { once: { type: 'boolean' }, data: { type: 'string' }, help: { type: 'boolean' } },
    });
    return values;
  } catch (error) {
    throw expectedError(`${error.message}\n\n${USAGE}`);
  }
}

/** `ending` fires at Ctrl-C, SIGTERM or a closed terminal, and when a part dies; `hurry` when asked a second time. */
function watchSignals() {
  const ending = new AbortController();
  const hurry = new AbortController();
  let firstAt;
  const onSignal = () => {
    firstAt ??= Date.now();
    ending.abort(new Interrupted('interrupted'));
    if (Date.now() - firstAt > SAME_KEYPRESS_MS) hurry.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, onSignal);
  return { ending, hurry: hurry.signal };
}

/** The long run keeps its data from start to start; `--once` works in a folder of its own and removes it. */
async function prepareRun({ once, data }, undos) {
  if (once) {
    const name = `once-${randomBytes(4).toString('hex')}`;
    const env = { ...process.env, REDIS_PREFIX: name };
    const outcome = { delivered: false };
    const dataDir = join(resolve(data ?? DATA_DIR), name);
    if (env.REDIS_URL) await requireRedis(env);
    mkdirSync(dataDir, { recursive: true });
    undos.push(() => {
      if (outcome.delivered) rmSync(dataDir, { recursive: true, force: true });
      else console.error(`What happened is in ${shownPath(join(dataDir, 'logs'))}/.`);
    });
    if (env.REDIS_URL) undos.push(() => removeKeys(env));
    return { dataDir, env, outcome };
  }
  const dataDir = resolve(data ?? DATA_DIR);
  const lock = await takeRunLock(dataDir);
  undos.push(() => lock.release());
  return { dataDir, env: process.env, onStart: (child) => lock.add(child) };
}

/** Whoever plays the phone: the sandbox, or with another stand-in the person at the terminal. */
function phoneOf(controlUrl, { apiUrl, token, deviceId }) {
  if (controlUrl) return { scan: (qr) => scanWithSandbox(controlUrl, qr), deadlineMs: PAIRING_DEADLINE_MS };
  const picture = `${apiUrl}/qr?device_id=${deviceId}`;
  const scan = async (qr) => {
    console.error(`Scan this code: ${qr}\n  (as a picture: curl -H "Authorization: Bearer ${token}" "${picture}")`);
  };
  return { scan, deadlineMs: SCAN_BY_HAND_DEADLINE_MS };
}

function printSummary({ apiUrl, workerUrl, webhooksUrl, controlUrl, dataDir, demo, sampleUrl }) {
  const lines = [
    '',
    'Pombo is running.',
    '',
    `  API       ${apiUrl}`,
    `  Token     ${demo.token}`,
    `  Device    ${demo.deviceId} (connected)`,
    `  Metrics   ${apiUrl}/metrics, ${workerUrl}/metrics and ${webhooksUrl}/metrics`,
    `  Logs      ${shownPath(join(dataDir, 'logs'))}/`,
    `  Manual    ${apiUrl}/docs, README.md, docs/architecture.md`,
    '',
    'Send a picture:',
    '',
    `  curl -X POST ${apiUrl}/send/image \\`,
    `    -H "Authorization: Bearer ${demo.token}" -H "Content-Type: application/json" \\`,
    `    -d '${JSON.stringify(sampleBody(sampleUrl))}'`,
    '',
    'Follow it with the message_id of the answer:',
    '',
    `  curl -H "Authorization: Bearer ${demo.token}" ${apiUrl}/messages/MESSAGE_ID`,
    '',
  ];
  if (controlUrl) {
    lines.push('See what the recipient got:', '', `  curl ${new URL(`/recipients/${DEMO_RECIPIENT}`, controlUrl)}`, '');
  }
  console.log([...lines, 'Ctrl-C stops everything.'].join('\n'));
}

const aborted = (signal) =>
  new Promise((_resolve, reject) => {
    const fail = () => reject(signal.reason);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });

async function run(options, undos, { ending, hurry }, onReady) {
  const { signal } = ending;
  await ensureInstalled();
  await ensureBuilt(['apps/ingress', 'apps/worker', 'apps/webhooks', 'apps/sandbox']);
  signal.throwIfAborted();

  const { dataDir, env, onStart, outcome } = await prepareRun(options, undos);
  const onDeath = (error) => ending.abort(error);
  const anyPorts = options.once === true;
  const pombo = await startLocalPombo({ dataDir, env, anyPorts, undos, signal, hurry, onDeath, onStart });
  const sample = await serveSample();
  undos.push(() => sample.stop());

  console.error('Pairing the demo device…');
  const demo = await ensureDemo({ apiUrl: pombo.apiUrl, dataDir, env: pombo.env });
  const api = createApiClient(pombo.apiUrl, demo.token);
  await connectDemo(api, demo.deviceId, { ...phoneOf(pombo.controlUrl, { ...pombo, ...demo }), signal });
  if (options.once) {
    console.error('Sending the sample image…');
    const resource = await sendSample(api, { imageUrl: sample.url, deviceId: demo.deviceId, signal });
    outcome.delivered = true;
    console.log(JSON.stringify(resource));
    return;
  }
  printSummary({ ...pombo, dataDir, demo, sampleUrl: sample.url });
  onReady();
  await aborted(signal);
}

const undos = createUndoStack();
const signals = watchSignals();
let ready = false;
try {
  const options = readOptions();
  if (options.help) console.log(USAGE);
  else await run(options, undos, signals, () => (ready = true));
} catch (caught) {
  // When a part died or someone pressed Ctrl-C, whatever failed first is only a consequence.
  const { aborted: wasEnded, reason } = signals.ending.signal;
  const error = wasEnded ? reason : caught;
  if (error instanceof Interrupted) process.exitCode = ready ? 0 : 130;
  else failWith(error);
} finally {
  if (signals.ending.signal.aborted) console.error('Stopping…');
  await undos.run();
}
