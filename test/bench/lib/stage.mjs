/** Where Pombo and plain Baileys send side by side: one sandbox, each with a device of its own, and pictures to fetch. */
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { BufferJSON } from '@pombo/whatsapp/protocol';
import { SAMPLE_IMAGE } from '../../../scripts/lib/paths.mjs';
import { expectedError } from '../../../scripts/lib/run-command.mjs';
import { waitUntil } from '../../../scripts/lib/wait-until.mjs';
import { createSandboxClient } from '../../faults/sandbox-client.mjs';
import { seedDevice } from '../../faults/seed-device.mjs';
import { createNumbers } from './numbers.mjs';
import { vary } from './send-bodies.mjs';
import { whenConnected } from './when-connected.mjs';

const CONNECT_MS = 60_000;
const DRAIN_MS = 180_000;

/**
 * @param {import('./workshop.mjs').Workshop} workshop
 * @param {{ devices?: number, worker?: NodeJS.ProcessEnv, plain?: boolean }} options `worker`: its settings
 */
export async function openStage(workshop, { devices: count = 1, worker: settings = {}, plain: withPlain = true } = {}) {
  const world = await workshop.startSandbox();
  const whatsapp = {
    WHATSAPP_URL: world.whatsappUrl,
    WHATSAPP_ROOT_KEY: world.rootKeyHex,
    WHATSAPP_TLS_CA: world.tlsCaPem,
  };
  const store = await workshop.openStore();
  const sandbox = createSandboxClient(world.controlUrl);
  const { tenantId } = await store.tenants.create('Benchmark');
  const { token } = await store.tenants.createToken(tenantId, 'admin');
  const ingress = await workshop.startApp('ingress', 'ingress', 'PORT', whatsapp);
  const startWorker = () => workshop.startApp('worker', 'worker', 'WORKER_PORT', { ...whatsapp, ...settings });
  const devices = [];
  /** Devices that are paired already; a worker connects them when there is one. */
  const addDevices = async (more) => {
    const added = [];
    for (const linked of await sandbox.link(more)) added.push(await seedDevice(store, tenantId, linked, 'phone'));
    devices.push(...added);
    return added;
  };
  if (count > 0) await addDevices(count);

  return {
    ...{ world, store, sandbox, devices, addDevices, numbers: createNumbers() },
    pictures: await servePictures(workshop, await readFile(SAMPLE_IMAGE)),
    picture: await readFile(SAMPLE_IMAGE),
    generator: await workshop.startHelper('load-generator'),
    ingress,
    token,
    startWorker,
    async connectWorker() {
      const worker = await startWorker();
      await whenConnected(store, devices, CONNECT_MS);
      return worker;
    },
    plain: withPlain ? await startPlain(workshop, world, sandbox, 1) : undefined,
  };
}

/** By workshop. */
const duels = new WeakMap();

/** A stage on which one device of Pombo's and one of plain Baileys' are connected; a workshop has only one. */
export function openDuel(workshop) {
  if (!duels.has(workshop)) duels.set(workshop, setUpDuel(workshop));
  return duels.get(workshop);
}

async function setUpDuel(workshop) {
  const stage = await openStage(workshop);
  const worker = await stage.connectWorker();
  await stage.plain.connect();
  return { stage, worker };
}

/** Plain Baileys in a process of its own, trusting the sandbox's media host as it would any other. */
export async function startPlain(workshop, world, sandbox, count) {
  const caFile = join(workshop.dir, 'sandbox-ca.pem');
  await writeFile(caFile, world.tlsCaPem);
  const helper = await workshop.startHelper('plain-sender', { NODE_EXTRA_CA_CERTS: caFile });
  const linked = (await sandbox.link(count)).map(({ creds }) => JSON.stringify(creds, BufferJSON.replacer));
  /** Connects that many more of its devices. */
  const connect = (more = count) =>
    helper.ask({ do: 'connect', url: world.whatsappUrl, rootKeyHex: world.rootKeyHex, creds: linked.splice(0, more) });
  return { ...helper, connect };
}

/** Every path is a picture of its own, and always the same one. */
async function servePictures(workshop, picture) {
  const made = new Map();
  const server = createServer(({ url }, response) => {
    const bytes = made.get(url) ?? vary(picture, url);
    made.set(url, bytes);
    response.writeHead(200, { 'content-type': 'image/jpeg', 'cache-control': 'max-age=600' }).end(bytes);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  workshop.onClose(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return (path) => `http://127.0.0.1:${server.address().port}/${path}`;
}

/** Sends through the API and waits until WhatsApp has acknowledged everything. @returns number and id of each message. */
export async function sendAll({ generator, ingress, token, store, devices: [device] }, numbers, imageUrl) {
  const order = { url: ingress.url, token, numbers, inFlight: 16, body: { deviceId: device.id, imageUrl } };
  const { accepted, refused } = await generator.ask(order);
  if (accepted.length < numbers.length) throw notAccepted(refused);
  await whenDrained(store, [device]);
  return accepted;
}

export const notAccepted = (refused) => expectedError(`not everything was accepted: ${JSON.stringify([...refused])}`);

/** More often would take from the machine what is measured, and runs take seconds. */
const LOOK_EVERY_MS = 10;

/** Waits until no message of the devices waits for its acknowledgement any more. */
export async function whenDrained(store, devices, deadlineMs = DRAIN_MS) {
  const isDrained = async () => {
    const waiting = await Promise.all(devices.map(({ id }) => store.devices.waiting(id)));
    return waiting.every((count) => count === 0) ? true : undefined;
  };
  await waitUntil('all messages to be acknowledged', isDrained, { deadlineMs, everyMs: LOOK_EVERY_MS });
}

/** How many messages are looked at together. */
const LOOKED_AT = 16;

/** Every message is delivered, and on the recipient's phone, once and readable. @throws Error otherwise. */
export async function requireRead(stage, sent) {
  for (let from = 0; from < sent.length; from += LOOKED_AT) {
    await Promise.all(sent.slice(from, from + LOOKED_AT).map((message) => requireOneRead(stage, message)));
  }
}

async function requireOneRead({ store, sandbox }, { messageId, number }) {
  const isDelivered = async () => {
    const { state, error } = await store.messages.read(messageId);
    if (state === 'failed') throw new Error(`a message failed: ${error}`);
    return state === 'delivered' || state === 'read' ? true : undefined;
  };
  await waitUntil('a message to be delivered', isDelivered, { deadlineMs: DRAIN_MS, everyMs: 20 });
  const found = (await sandbox.inbox(number)).find(({ id }) => id === messageId);
  const isRead = found?.displayedCount === 1 && found.decrypted[0] >= 1 && found.decrypted[1] >= 1;
  if (!isRead) throw new Error(`a message is not on its recipient's phone as it should be: ${JSON.stringify(found)}`);
}
