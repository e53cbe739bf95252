/**
 * Events delivered per second to one endpoint, beside undici posting the very requests Pombo sent before to the same
 * server with as many in flight; and what the events of 90 endpoints wait for when 10 others never answer, at a pace that
 * leaves the machine idle most of the time.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { cpuMsOf, interleave, median, medianRatio, round } from './lib/figures.mjs';

const IN_FLIGHT = 64;
const HEALTHY = 90;
const HANGING = 10;
/** Between two events of the hundred endpoints. */
const PACE_MS = 6;
const AT_ONCE = 500;
const EVENT = { events: ['message.queued'], deviceIds: [], headers: {}, enabled: true, description: '' };

export const webhooks = {
  deadlineMs: 600_000,
  async run(workshop, { pairs, smoke }) {
    const scene = await setUp(workshop);
    return {
      webhook_ratio: await compareRate(scene, pairs, smoke ? 20 : 5_000),
      webhook_hang_ratio: await compareHanging(scene, pairs, smoke ? 1 : 12),
    };
  },
};

async function setUp(workshop) {
  const store = await workshop.openStore();
  const { createWebhookId, createWebhookSecret } = await import('@pombo/store');
  const receiver = await workshop.startHelper('event-receiver');
  const poster = await workshop.startHelper('plain-poster');
  const app = await workshop.startApp('webhooks', 'webhooks', 'WEBHOOK_PORT', {
    WEBHOOK_IN_FLIGHT: String(IN_FLIGHT),
    WEBHOOK_TOTAL_IN_FLIGHT: '1024',
    WEBHOOK_TIMEOUT_MS: '3000',
  });
  const addTenant = async (path) => {
    const { tenantId } = await store.tenants.create('Benchmark');
    const { id: deviceId } = await store.devices.create(tenantId, 'phone');
    await store.devices.report(deviceId, { paired: true, state: 'connected' });
    const webhookId = createWebhookId();
    const secrets = [{ secret: createWebhookSecret() }];
    const endpoint = { id: webhookId, tenantId, userId: 'usr_bench', single: false, secrets };
    await store.webhooks.endpoints.put({ ...EVENT, ...endpoint, url: receiver.ready.url + path });
    return { tenantId, deviceId, webhookId };
  };
  /** @returns the ids of the events. */
  const queue = async ({ tenantId, deviceId }, count) => {
    const drafts = Array.from({ length: count }, () => draft(store, tenantId, deviceId));
    await Promise.all(drafts.map((one) => store.messages.accept(one)));
    return drafts.map(({ id }) => `evt_${id}_queued`);
  };
  return { store, receiver, poster, app, addTenant, queue };
}

const draft = (store, tenantId, deviceId) => ({
  id: store.messages.createId(deviceId),
  content: { type: 'text', text: 'Spring has come to the pigeon loft: visit us.' },
  ...{ tenantId, deviceId, userId: 'usr_bench', to: '447700000000@s.whatsapp.net', priority: 'normal' },
  ...{ expiresInMs: 3_600_000, awaited: false, clientReference: 'spring campaign' },
});

/** Waits without asking time and again, which would cost the receiver what is measured. @returns event → when it came. */
async function whenCame({ receiver }, ids) {
  const { came } = await receiver.ask({ do: 'wait', ids });
  return new Map(came);
}

/** The events wait in the outbox; the clock runs from the start of the relay until the last one is at its endpoint. */
async function compareRate(scene, pairs, count) {
  const { app, receiver, poster } = scene;
  const tenant = await scene.addTenant('/hook');
  const runPombo = async () => {
    await receiver.ask({ do: 'reset' });
    // Events are made by other processes; here the app stands still meanwhile.
    process.kill(app.pid, 'SIGSTOP');
    const queued = [];
    for (let done = 0; done < count; done += AT_ONCE) {
      queued.push(...(await scene.queue(tenant, Math.min(AT_ONCE, count - done))));
    }
    const [startedAt, cpuMs] = [Date.now(), cpuMsOf(app.pid)];
    process.kill(app.pid, 'SIGCONT');
    const times = await whenCame(scene, queued);
    const seconds = (Math.max(...times.values()) - startedAt) / 1000;
    return { perSecond: round(count / seconds), cpuUs: round(((cpuMsOf(app.pid) - cpuMs) * 1000) / count) };
  };
  // Warm, and what the other side posts: bodies signed already, so that it does nothing but post.
  await runPombo();
  await runPombo();
  const { posts } = await receiver.ask({ do: 'posts' });
  const runPlain = async () => {
    const cpuMs = cpuMsOf(poster.pid);
    const { seconds } = await poster.ask({ url: `${receiver.ready.url}/hook`, inFlight: IN_FLIGHT, posts });
    return { perSecond: round(count / seconds), cpuUs: round(((cpuMsOf(poster.pid) - cpuMs) * 1000) / count) };
  };
  await runPlain();
  const found = await interleave(pairs, { plain: runPlain, pombo: runPombo });
  const middle = (side) => median(found[side].map(({ perSecond }) => perSecond));
  return {
    value: medianRatio(found.pombo, found.plain, 'perSecond'),
    reach: '≥ 0.7 ×',
    raw: { plain_per_second: middle('plain'), pombo_per_second: middle('pombo'), pairs: found },
  };
}

/** The 99th percentile of the time from accept to arrival, over the endpoints that answer. */
async function compareHanging(scene, pairs, rounds) {
  const { receiver, store } = scene;
  const addTenants = (count, path) => Promise.all(Array.from({ length: count }, () => scene.addTenant(path)));
  const healthy = await addTenants(HEALTHY, '/hook');
  const run = async (hanging) => {
    await receiver.ask({ do: 'reset' });
    const participants = [...healthy, ...hanging];
    const queuedAt = new Map();
    const startedAt = performance.now();
    for (let nth = 0; nth < rounds * participants.length; nth += 1) {
      await pause(Math.max(0, startedAt + nth * PACE_MS - performance.now()));
      const tenant = participants[nth % participants.length];
      const at = Date.now();
      const [id] = await scene.queue(tenant, 1);
      if (!hanging.includes(tenant)) queuedAt.set(id, at);
    }
    const times = await whenCame(scene, [...queuedAt.keys()]);
    for (const { tenantId, webhookId } of hanging) await store.webhooks.endpoints.remove({ tenantId, webhookId });
    const delays = [...queuedAt].map(([id, at]) => times.get(id) - at).sort((a, b) => a - b);
    return { medianMs: median(delays), p99Ms: Math.max(1, delays[Math.floor(delays.length * 0.99)]) };
  };
  await run([]);
  const found = await interleave(pairs, {
    noneHangs: () => run([]),
    // New ones every time: those that hung before are tried one event at a time.
    tenHang: async () => run(await addTenants(HANGING, '/hang')),
  });
  return { value: medianRatio(found.tenHang, found.noneHangs, 'p99Ms'), reach: '≤ 1.5 ×', raw: { pairs: found } };
}
