/** The process that relays and delivers events may be killed at any moment: each event arrives, under its one id. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { type Receiver, startReceiver } from '../apps/webhooks/test/receiver.js';
import { openWebhooks, type WebhooksHarness } from '../apps/webhooks/test/webhooks-harness.js';
import { type ChildApp, startChildApp, WEBHOOKS } from './harness/child-app.js';

const EVENTS = 2_000;
const AT_ONCE = 250;

let harness: WebhooksHarness;
let receiver: Receiver;
let child: ChildApp | undefined;

/** Of an endpoint that hangs; what a killed process had in hand is to come long before. */
const TIMEOUT_MS = 60_000;
/** In life 5 s. */
const LEASE_MS = 1_000;

beforeAll(async () => {
  harness = await openWebhooks({ WEBHOOK_TIMEOUT_MS: String(TIMEOUT_MS), WEBHOOK_LEASE_MS: String(LEASE_MS) });
  receiver = await startReceiver((response) => void setTimeout(() => response.writeHead(200).end(), 5));
});
afterEach(() => child?.kill('SIGKILL'));
afterAll(async () => {
  await harness.close();
  await receiver.close();
});

/** Starts the app and kills it as soon as `when` holds. */
async function runUntil(what: string, when: () => boolean | Promise<boolean>): Promise<void> {
  child = startChildApp(WEBHOOKS, harness.env);
  await eventually(what, when, { timeoutMs: 60_000, intervalMs: 2 });
  expect(await child.kill('SIGKILL')).toBeNull();
}

test('killed while it relays and while it delivers, it loses none of 2,000 events and makes up none', async () => {
  const name = await harness.addEndpoint(receiver.url(), { events: ['message.queued'] });
  const { log } = harness.store.webhooks;
  const ids: string[] = [];
  for (let queued = 0; queued < EVENTS; queued += AT_ONCE) ids.push(...(await harness.queueMany(AT_ONCE)));
  const seen = (): number => receiver.counts().size;

  await runUntil(
    'some events are relayed, and not yet all',
    async () => (await log.backlog(name)).waiting > 0 || seen() > 0,
  );
  await runUntil('half of them came', () => seen() >= EVENTS / 2);
  child = startChildApp(WEBHOOKS, harness.env);
  await eventually('all came', () => seen() >= EVENTS, { timeoutMs: TIMEOUT_MS / 2 });

  expect(new Set(receiver.counts().keys())).toEqual(new Set(ids.map((id) => `evt_${id}_queued`)));
  for (const { headers, json } of receiver.received) expect(headers['webhook-id']).toBe(json.id);
  await eventually(
    'nothing is left',
    async () => {
      const { waiting, inFlight, dead } = await log.backlog(name);
      return waiting + inFlight + dead === 0;
    },
    { timeoutMs: TIMEOUT_MS / 2 },
  );
}, 240_000);
