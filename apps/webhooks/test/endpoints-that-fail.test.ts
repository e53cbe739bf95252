/** What each way of failing ends in, with the schedule and the time-out a thousand times shorter than in life. */
import type { LoggedAttempt, WebhookName } from '@pombo/store';
import { eventually } from '@pombo/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Answering, firstly, hang, ok, type Receiver, reset, startReceiver, status } from './receiver.js';
import { openWebhooks, type WebhooksHarness } from './webhooks-harness.js';

const TIMEOUT_MS = 300;
let harness: WebhooksHarness;
const receivers: Receiver[] = [];

beforeAll(async () => {
  harness = await openWebhooks({
    WEBHOOK_TIMEOUT_MS: String(TIMEOUT_MS),
    WEBHOOK_RETRY_DELAYS_MS: '5,10,15,20,25,30,35,40,45',
    WEBHOOK_RETRY_AFTER_MAX_MS: '1500',
    WEBHOOK_PAUSE_AFTER_MS: '1',
  });
  await harness.startApp();
});
afterAll(async () => {
  await harness.close();
  await Promise.all(receivers.map((receiver) => receiver.close()));
});

async function endpointThat(answer: Answering, changes = {}) {
  const receiver = await startReceiver(answer);
  receivers.push(receiver);
  const name = await harness.addEndpoint(receiver.url(), { events: ['message.queued'], ...changes });
  return { receiver, name };
}
const attempts = async (name: WebhookName): Promise<LoggedAttempt[]> =>
  (await harness.store.webhooks.log.attempts(name, undefined, 100)).reverse();
const whenLogged = (name: WebhookName, count: number) =>
  eventually(`${count} attempts`, async () => {
    const made = await attempts(name);
    return made.length >= count && made;
  });
const health = async (name: WebhookName) => (await harness.store.webhooks.endpoints.read(name))?.health;

test('an endpoint that is down at first gets its event once it is up, under the same id and with the same body', async () => {
  const { receiver, name } = await endpointThat(firstly(6, status(500), ok));
  const id = await harness.queueMessage();
  const made = await whenLogged(name, 7);
  expect(made.map(({ verdict }) => verdict)).toEqual([...Array<string>(6).fill('retry'), 'ok']);
  expect(made.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(receiver.counts()).toEqual(new Map([[`evt_${id}_queued`, 7]]));
  expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
  expect(made[0]).toMatchObject({ status: 500, error: 'status', answer: 'no' });
  expect(made[6]).toMatchObject({ status: 200, error: '', answer: 'thanks' });
  expect(await health(name)).toMatchObject({ state: 'active', failures: 0, delivered: 1 });
  expect(await harness.store.webhooks.log.backlog(name)).toEqual({ waiting: 0, inFlight: 0, dead: 0 });
});

describe('an endpoint that never does what it should', () => {
  test.each([
    ['answers 500', status(500), { status: 500, error: 'status' }],
    ['hangs', hang, { status: 0, error: 'timeout' }],
    ['resets the connection', reset, { status: 0, error: 'connection_reset' }],
    [
      'redirects to the operator’s network',
      status(307, { location: 'http://169.254.169.254/' }),
      { status: 307, error: 'redirect' },
    ],
  ])('%s: the event is a dead letter after ten attempts, and the endpoint is paused', async (_how, answer, told) => {
    const { receiver, name } = await endpointThat(answer);
    const id = await harness.queueMessage();
    const made = await whenLogged(name, 10);
    expect(made.at(-1)).toMatchObject({ verdict: 'dead', attempt: 10, ...told });
    expect(receiver.received).toHaveLength(10);
    const [letter] = await harness.store.webhooks.log.deadLetters(name, 10);
    expect(letter).toMatchObject({ event: { id: `evt_${id}_queued` }, attempts: 10, ...told });
    expect(await health(name)).toMatchObject({ state: 'paused', reason: 'failing', failures: 10 });

    // What comes now is kept and not tried; once it is resumed and works, everything arrives.
    receiver.answer = ok;
    const later = await harness.queueMessage();
    await eventually('it is kept', async () => (await harness.store.webhooks.log.backlog(name)).waiting === 1);
    expect(receiver.received).toHaveLength(10);
    await harness.store.webhooks.endpoints.change(name, { enabled: true });
    await harness.store.webhooks.endpoints.wake(name);
    await eventually('it arrives', () => receiver.counts().has(`evt_${later}_queued`));
    const dead = await harness.store.webhooks.log.dead(name, 10);
    expect(await harness.store.webhooks.deliveries.requeue(name, dead)).toBe(1);
    await harness.store.webhooks.endpoints.wake(name);
    await eventually('so does the dead letter', () => receiver.counts().get(`evt_${id}_queued`) === 11);
    await eventually('and is none any more', async () => (await health(name))?.delivered === 2);
    expect(await harness.store.webhooks.log.backlog(name)).toEqual({ waiting: 0, inFlight: 0, dead: 0 });
  });
});

test('an endpoint that answers 200 too late is tried again', async () => {
  const late: Answering = (response) => void setTimeout(() => response.writeHead(200).end(), TIMEOUT_MS * 1.5);
  const { name } = await endpointThat(firstly(1, late, ok));
  await harness.queueMessage();
  const made = await whenLogged(name, 2);
  expect(made).toMatchObject([
    { verdict: 'retry', error: 'timeout' },
    { verdict: 'ok', attempt: 2 },
  ]);
  expect(made[0]?.latencyMs).toBeGreaterThanOrEqual(TIMEOUT_MS - 5);
});

test('an answer of 10 MB is a success of which only the first bytes are read', async () => {
  let sent = 0;
  const { name } = await endpointThat((response) => {
    response.writeHead(200);
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const write = (): void => {
      for (; sent < 10_000_000 && !response.destroyed; sent += chunk.length) {
        if (!response.write(chunk)) return void response.once('drain', write);
      }
      response.end();
    };
    write();
  });
  await harness.queueMessage();
  const [made] = await whenLogged(name, 1);
  expect(made).toMatchObject({ verdict: 'ok', status: 200 });
  expect(made?.answer).toBe('x'.repeat(512));
  expect(sent).toBeLessThan(10_000_000);
});

test('an answer whose body never ends is a success', async () => {
  const { name } = await endpointThat((response) => void response.writeHead(200).write('well'));
  await harness.queueMessage();
  expect(await whenLogged(name, 1)).toMatchObject([{ verdict: 'ok', status: 200, answer: 'well' }]);
});

test('410 disables the endpoint; enabled again it gets what it missed', async () => {
  const { receiver, name } = await endpointThat(firstly(1, status(410), ok));
  await harness.queueMessage();
  await eventually('it is disabled', async () => (await health(name))?.state === 'disabled');
  expect(await health(name)).toMatchObject({ reason: 'gone', lastStatus: 410 });
  await harness.store.webhooks.endpoints.change(name, { enabled: true });
  await harness.store.webhooks.endpoints.wake(name);
  await eventually('it gets the event', () => receiver.received.length === 2);
});

test('Retry-After holds back everything, for as long as it asks and no longer than allowed', async () => {
  const asksFor = (seconds: string) => status(429, { 'retry-after': seconds });
  const { receiver, name } = await endpointThat((response, received, count) =>
    (count === 1 ? asksFor('1') : count === 2 ? asksFor('86400') : ok)(response, received, count),
  );
  await harness.queueMessage();
  await whenLogged(name, 1);
  await harness.queueMessage();
  await whenLogged(name, 4);
  // Both events were let go at once; one of them was answered 429 again.
  const [first, second, , fourth] = receiver.received.map(({ at }) => at) as [number, number, number, number];
  expect(second - first).toBeGreaterThanOrEqual(990);
  expect(fourth - second).toBeGreaterThanOrEqual(1490);
  expect(fourth - second).toBeLessThan(10_000);
});

test('retry_attempts of its own counts instead of the schedule', async () => {
  const { receiver, name } = await endpointThat(status(500), { retryAttempts: 1 });
  await harness.queueMessage();
  expect(await whenLogged(name, 2)).toMatchObject([{ verdict: 'retry' }, { verdict: 'dead' }]);
  expect(receiver.received).toHaveLength(2);
});

test('an endpoint at an address that must not be reached is not', async () => {
  const name = await harness.addEndpoint('https://169.254.169.254/latest/', { retryAttempts: 0 });
  await harness.queueMessage();
  expect(await whenLogged(name, 1)).toMatchObject([{ verdict: 'dead', status: 0, error: 'blocked_address' }]);
});

test('an endpoint that fails is tried with one event at a time, until one succeeds', async () => {
  let atOnce = 0;
  let most = 0;
  let failing = true;
  const { receiver } = await endpointThat((response, received, count) => {
    atOnce += 1;
    if (count > 20) most = Math.max(most, atOnce);
    setTimeout(() => {
      atOnce -= 1;
      (failing ? status(500) : ok)(response, received, count);
    }, 5);
  });
  await harness.queueMany(15);
  await eventually('it has failed for a while', () => receiver.received.length > 40);
  expect(most).toBe(1);
  failing = false;
  await eventually('all arrive', () => receiver.counts().size === 15);
});
