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

beforeAll(async () => {
  // A process that died leaves what it had in flight until the time-out of its endpoint and ten seconds are over.
  harness = await openWebhooks({ WEBHOOK_TIMEOUT_MS: '1000' });
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
  await eventually('all came', () => seen() >= EVENTS, { timeoutMs: 90_000 });

  expect(new Set(receiver.counts().keys())).toEqual(new Set(ids.map((id) => `evt_${id}_queued`)));
  for (const { headers, json } of receiver.received) expect(headers['webhook-id']).toBe(json.id);
  await eventually(
    'nothing is left',
    async () => {
      const { waiting, inFlight, dead } = await log.backlog(name);
      return waiting + inFlight + dead === 0;
    },
    { timeoutMs: 60_000 },
  );
}, 240_000);
