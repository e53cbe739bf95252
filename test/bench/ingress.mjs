/** How many sends one ingress accepts, beside a bare Express that reads a body of the same size and answers. */
import { readFile } from 'node:fs/promises';
import { SAMPLE_IMAGE } from '../../scripts/lib/paths.mjs';
import { interleave, median, medianRatio, round, timed } from './lib/figures.mjs';
import { createNumbers } from './lib/numbers.mjs';
import { padded } from './lib/send-bodies.mjs';
import { notAccepted } from './lib/stage.mjs';

const INLINE_BYTES = 200_000;
/** Any URL: no worker is there to fetch it. */
const IMAGE_URL = 'https://pictures.example/campaign/spring/pigeon-loft.jpg';
const REACH = '≥ 0.75 ×';

export const ingress = {
  deadlineMs: 300_000,
  async run(workshop, { pairs, smoke }) {
    const scene = await setUp(workshop);
    const inline = padded(await readFile(SAMPLE_IMAGE), INLINE_BYTES);
    const byUrl = { count: smoke ? 20 : 6_000, inFlight: 64, picture: { imageUrl: IMAGE_URL } };
    const within = { count: smoke ? 5 : 600, inFlight: 16, picture: { inline } };
    return {
      ingress_ratio: await compare(scene, pairs, byUrl),
      ingress_inline_ratio: await compare(scene, pairs, within),
    };
  },
};

async function setUp(workshop) {
  const store = await workshop.openStore();
  const pombo = await workshop.startApp('ingress', 'ingress', 'PORT');
  const express = await workshop.startHelper('plain-express');
  const generator = await workshop.startHelper('load-generator');
  const { tenantId } = await store.tenants.create('Benchmark');
  const { token } = await store.tenants.createToken(tenantId, 'admin');
  const { id: deviceId } = await store.devices.create(tenantId, 'phone');
  await store.devices.report(deviceId, { paired: true, state: 'connected' });
  const plain = { pid: express.pid, url: express.ready.url };
  return { store, generator, token, deviceId, numbers: createNumbers(), sides: { plain, pombo } };
}

async function compare(scene, pairs, load) {
  const run = async (side) => {
    const { result, cpuMs } = await timed(side.pid, () => post(scene, side.url, load, load.count));
    const perSecond = round(load.count / result.seconds);
    return {
      figures: { perSecond, cpuUs: round((cpuMs * 1000) / load.count) },
      messageIds: result.accepted.map(({ messageId }) => messageId),
    };
  };
  const { plain, pombo } = scene.sides;
  for (const side of [plain, pombo]) await post(scene, side.url, load, Math.ceil(load.count / 3));
  const found = await interleave(pairs, {
    plain: async () => (await run(plain)).figures,
    pombo: async () => {
      const { figures, messageIds } = await run(pombo);
      await requireStored(scene, messageIds);
      return figures;
    },
  });
  const perSecond = (side) => median(found[side].map((figures) => figures.perSecond));
  return {
    value: medianRatio(found.pombo, found.plain, 'perSecond'),
    reach: REACH,
    raw: { plain_per_second: perSecond('plain'), pombo_per_second: perSecond('pombo'), pairs: found },
  };
}

async function post({ generator, token, deviceId, numbers }, url, { inFlight, picture }, count) {
  const order = { url, token, inFlight, numbers: numbers.take(count), body: { deviceId, ...picture } };
  const result = await generator.ask(order);
  if (result.accepted.length === count) return result;
  throw notAccepted(result.refused);
}

/** Every 202 has its record and its job. */
async function requireStored({ store: { redis, keys }, deviceId }, messageIds) {
  const waiting = `${keys.queuePrefix(deviceId.slice(4, 7))}:q-${deviceId}`;
  for (let from = 0; from < messageIds.length; from += 500) {
    const pipeline = redis.pipeline();
    for (const id of messageIds.slice(from, from + 500)) {
      pipeline.hexists(keys.record(id), 'st').exists(keys.content(id)).exists(`${waiting}:${id}`);
      pipeline.zscore(`${waiting}:prioritized`, id);
    }
    for (const [error, found] of await pipeline.exec()) {
      if (error || found === 0 || found === null) throw new Error('a message was accepted without its record or job');
    }
  }
}
