/**
 * Events delivered per second to one endpoint, beside undici posting the same signed bodies to the same server with as
 * many in flight; and what the events of 90 endpoints wait for when 10 others never answer.
 */
import { createHmac } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { waitUntil } from '../../scripts/lib/wait-until.mjs';
import { interleave, median, medianRatio, round } from './lib/figures.mjs';

const IN_FLIGHT = 64;
const ENDPOINTS = 100;
const HANGING = 10;
const AT_ONCE = 500;
const DRAIN_MS = 120_000;
const EVENT = { events: ['message.queued'], deviceIds: [], headers: {}, enabled: true, description: '' };

export const webhooks = {
  deadlineMs: 600_000,
  async run(workshop, { pairs, smoke }) {
    const scene = await setUp(workshop);
    return {
      webhook_ratio: await compareRate(scene, pairs, smoke ? 20 : 4_000),
      webhook_hang_ratio: await compareHanging(workshop, scene, Math.min(pairs, 3), smoke ? 2 : 40),
    };
  },
};

async function setUp(workshop) {
  const store = await workshop.openStore();
  const { createWebhookId, createWebhookSecret } = await import('@pombo/store');
  const receiver = await workshop.startHelper('event-receiver');
  const poster = await workshop.startHelper('plain-poster');
  const startApp = () =>
    workshop.startApp('webhooks', 'webhooks', 'WEBHOOK_PORT', {
      WEBHOOK_IN_FLIGHT: String(IN_FLIGHT),
      WEBHOOK_TOTAL_IN_FLIGHT: '1024',
      WEBHOOK_TIMEOUT_MS: '3000',
    });
  const addTenant = async (path) => {
    const { tenantId } = await store.tenants.create('Benchmark');
    const { id: deviceId } = await store.devices.create(tenantId, 'phone');
    await store.devices.report(deviceId, { paired: true, state: 'connected' });
    const secret = createWebhookSecret();
    const endpoint = { id: createWebhookId(), tenantId, userId: 'usr_bench', single: false, secrets: [{ secret }] };
    await store.webhooks.endpoints.put({ ...EVENT, ...endpoint, url: receiver.ready.url + path });
    return { tenantId, deviceId, secret };
  };
  /** @returns the ids of the events. */
  const queue = async ({ tenantId, deviceId }, count) => {
    const drafts = Array.from({ length: count }, () => draft(store, tenantId, deviceId));
    await Promise.all(drafts.map((one) => store.messages.accept(one)));
    return drafts.map(({ id }) => `evt_${id}_queued`);
  };
  return { store, receiver, poster, startApp, addTenant, queue };
}

const draft = (store, tenantId, deviceId) => ({
  id: store.messages.createId(deviceId),
  content: { type: 'text', text: 'Spring has come to the pigeon loft: visit us.' },
  ...{ tenantId, deviceId, userId: 'usr_bench', to: '447700000000@s.whatsapp.net', priority: 'normal' },
  ...{ delayMs: 0, expiresInMs: 3_600_000, awaited: false, clientReference: 'spring campaign' },
});

async function whenCame({ receiver }, ids) {
  const all = async () => ((await receiver.ask({ do: 'count' })).distinct >= ids.length ? true : undefined);
  await waitUntil('all events to arrive', all, { deadlineMs: DRAIN_MS, everyMs: 5 });
  const { came } = await receiver.ask({ do: 'read' });
  const times = new Map(came);
  if (ids.some((id) => !times.has(id))) throw new Error('an event did not arrive');
  return times;
}

/** The events wait in the outbox; the clock runs from the start of the relay until the last one is at its endpoint. */
async function compareRate(scene, pairs, count) {
  const { receiver, poster } = scene;
  const tenant = await scene.addTenant('/hook');
  const app = await scene.startApp();
  const runPombo = async (events) => {
    await receiver.ask({ do: 'reset' });
    // Events are made by other processes; here the app stands still meanwhile.
    process.kill(app.pid, 'SIGSTOP');
    const queued = [];
    for (let done = 0; done < events; done += AT_ONCE) {
      queued.push(...(await scene.queue(tenant, Math.min(AT_ONCE, events - done))));
    }
    const startedAt = performance.now();
    process.kill(app.pid, 'SIGCONT');
    await whenCame(scene, queued);
    return { perSecond: round(events / ((performance.now() - startedAt) / 1000)) };
  };
  const posts = Array.from({ length: count }, (_, nth) => signedPost(tenant.secret, nth));
  const runPlain = async (some) => {
    const { seconds } = await poster.ask({ url: `${receiver.ready.url}/hook`, inFlight: IN_FLIGHT, posts: some });
    return { perSecond: round(some.length / seconds) };
  };
  await runPlain(posts.slice(0, Math.ceil(count / 4)));
  await runPombo(Math.ceil(count / 4));
  const found = await interleave(pairs, { plain: () => runPlain(posts), pombo: () => runPombo(count) });
  const middle = (side) => median(found[side].map(({ perSecond }) => perSecond));
  return {
    value: medianRatio(found.pombo, found.plain, 'perSecond'),
    reach: '≥ 0.7 ×',
    raw: { plain_per_second: middle('plain'), pombo_per_second: middle('pombo'), pairs: found },
  };
}

/** A body as Pombo sends it. */
function signedPost(secret, nth) {
  const id = `evt_3EB0000${String(nth).padStart(15, '0')}_queued`;
  const now = Math.floor(Date.now() / 1000);
  const at = new Date().toISOString();
  const body = JSON.stringify({
    ...{ id, event: 'message.queued', timestamp: now, device_id: 'dev_6480f3c1a9b27de45016', user_id: 'usr_bench' },
    data: {
      ...{ message_id: id.slice(4, 26), job_id: id.slice(4, 26), status: 'queued', type: 'text', is_group: false },
      ...{ chat_jid: '447700000000@s.whatsapp.net', device_id: 'dev_6480f3c1a9b27de45016', user_id: 'usr_bench' },
      ...{ priority: 'normal', sequence: nth, attempts: 0, client_reference: 'spring campaign' },
      ...{ timestamp: at, queued_at: at, expires_at: at },
    },
  });
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${now}.${body}`).digest('base64');
  const headers = {
    'content-type': 'application/json',
    ...{ 'webhook-id': id, 'webhook-timestamp': String(now), 'webhook-signature': `v1,${signature}` },
  };
  return { headers, body };
}

/** The 99th percentile of the time from accept to arrival, over the endpoints that answer. */
async function compareHanging(workshop, scene, pairs, rounds) {
  const { receiver } = scene;
  const tenants = [];
  for (let nth = 0; nth < ENDPOINTS; nth += 1)
    tenants.push(await scene.addTenant(nth < HANGING ? `/hang/${nth}` : '/hook'));
  const healthy = tenants.slice(HANGING);
  const run = async (participants) => {
    await receiver.ask({ do: 'reset' });
    const queuedAt = new Map();
    for (let round_ = 0; round_ < rounds; round_ += 1) {
      for (const tenant of participants) {
        const [id] = await scene.queue(tenant, 1);
        if (healthy.includes(tenant)) queuedAt.set(id, Date.now());
      }
      await pause(20);
    }
    const times = await whenCame(scene, [...queuedAt.keys()]);
    const delays = [...queuedAt].map(([id, at]) => times.get(id) - at).sort((a, b) => a - b);
    return { p99Ms: Math.max(1, delays[Math.floor(delays.length * 0.99)]) };
  };
  await run(healthy.slice(0, 5));
  const found = await interleave(pairs, { noneHangs: () => run(healthy), tenHang: () => run(tenants) });
  return {
    value: medianRatio(found.tenHang, found.noneHangs, 'p99Ms'),
    reach: '≤ 1.5 ×',
    raw: { pairs: found },
  };
}
