/**
 * What each way of failing ends in, with the schedule and the time-outs a thousand times shorter than in life. Each test
 * has a tenant of its own, so that all of them are under way at once.
 */
import type { LoggedAttempt, NewWebhook, WebhookName } from '@pombo/store';
import { eventually } from '@pombo/testing';
import { afterAll, expect, test } from '@jest/globals';
import { type Answering, firstly, hang, ok, type Receiver, reset, startReceiver, status } from './receiver.js';
import { openWebhooks, type WebhooksHarness } from './webhooks-harness.js';

/** Of the endpoints that are to be found too slow; the others have all the time a busy machine may take. */
const SHORT_MS = 200;
const IN_TIME = { timeoutMs: 30_000 };
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
const receivers: Receiver[] = [];
const opened = openApp();
afterAll(async () => {
  await (await opened).close();
  await Promise.all(receivers.map((receiver) => receiver.close()));
});

async function openApp(): Promise<WebhooksHarness> {
  const harness = await openWebhooks({
    WEBHOOK_TIMEOUT_MS: '20000',
    WEBHOOK_RETRY_DELAYS_MS: '5,10,15,20,25,30,35,40,45',
    WEBHOOK_RETRY_AFTER_MAX_MS: '1200',
    WEBHOOK_PAUSE_AFTER_MS: '1',
  });
  await harness.startApp();
  return harness;
}

/** A tenant with a device and an endpoint. */
async function openScene(answer: Answering, changes: Partial<NewWebhook> = {}) {
  const harness = await opened;
  const { webhooks, tenants } = harness.store;
  const { tenantId } = await tenants.create('a tenant');
  const device = await harness.addDevice(tenantId);
  const receiver = await startReceiver(answer);
  receivers.push(receiver);
  const wanted = { tenantId, events: ['message.queued'], ...changes };
  const name: WebhookName = await harness.addEndpoint(changes.url ?? receiver.url(), wanted);
  const attempts = async (): Promise<LoggedAttempt[]> => (await webhooks.log.attempts(name, undefined, 100)).reverse();
  return {
    ...{ name, receiver, webhooks, attempts },
    queue: () => harness.queueMessage(device),
    queueMany: (count: number) => harness.queueMany(count, device),
    health: async () => (await webhooks.endpoints.read(name))?.health,
    whenLogged: (count: number) =>
      eventually(
        `${count} attempts`,
        async () => {
          const made = await attempts();
          return made.length >= count && made;
        },
        IN_TIME,
      ),
    enable: async () => {
      await webhooks.endpoints.change(name, { enabled: true });
      await webhooks.endpoints.wake(name);
    },
  };
}

/** Begins at once; the test waits for how it ends. */
function underWay(title: string, scenario: () => Promise<void>): void {
  const ended = scenario().then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  test(title, async () => {
    const failed = await ended;
    if (failed) throw failed.error;
  });
}

underWay(
  'an endpoint that is down at first gets its event once it is up, under the same id and with the same body',
  async () => {
    const { receiver, webhooks, name, queue, whenLogged, health } = await openScene(firstly(6, status(500), ok));
    const id = await queue();
    const made = await whenLogged(7);
    expect(made.map(({ verdict }) => verdict)).toEqual([...Array<string>(6).fill('retry'), 'ok']);
    expect(made.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(receiver.counts()).toEqual(new Map([[`evt_${id}_queued`, 7]]));
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    expect(made[0]).toMatchObject({ status: 500, error: 'status', answer: 'no' });
    expect(made[6]).toMatchObject({ status: 200, error: '', answer: 'thanks' });
    expect(await health()).toMatchObject({ state: 'active', failures: 0, delivered: 1 });
    expect(await webhooks.log.backlog(name)).toEqual({ waiting: 0, inFlight: 0, dead: 0 });
  },
);

const NEVER = [
  ['answers 500', status(500), { status: 500, error: 'status' }],
  ['hangs', hang, { status: 0, error: 'timeout' }],
  ['resets the connection', reset, { status: 0, error: 'connection_reset' }],
  [
    'redirects to the operator’s network',
    status(307, { location: 'http://169.254.169.254/' }),
    { status: 307, error: 'redirect' },
  ],
] as const;

for (const [how, answer, told] of NEVER) {
  underWay(
    `an endpoint that ${how}: the event is a dead letter after ten attempts, and the endpoint is paused`,
    async () => {
      const short = how === 'hangs' ? { timeout: SHORT_MS / 1000 } : {};
      const { name, receiver, webhooks, queue, whenLogged, health, enable } = await openScene(answer, short);
      const { log, deliveries, endpoints } = webhooks;
      const id = await queue();
      const made = await whenLogged(10);
      expect(made.at(-1)).toMatchObject({ verdict: 'dead', attempt: 10, ...told });
      // An attempt may be over before a busy machine has brought it to the endpoint.
      const least = how === 'hangs' ? 1 : 10;
      expect(receiver.received.length).toBeGreaterThanOrEqual(least);
      expect(receiver.received.length).toBeLessThanOrEqual(10);
      const [letter] = await log.deadLetters(name, 10);
      expect(letter).toMatchObject({ event: { id: `evt_${id}_queued` }, attempts: 10, ...told });
      expect(await health()).toMatchObject({ state: 'paused', reason: 'failing', failures: 10 });

      // What comes now is kept and not tried; once it is resumed and works, everything arrives.
      receiver.answer = ok;
      await endpoints.change(name, { timeout: 20 });
      const later = await queue();
      await eventually('it is kept', async () => (await log.backlog(name)).waiting === 1, IN_TIME);
      expect(receiver.counts().has(`evt_${later}_queued`)).toBe(false);
      await enable();
      await eventually('it arrives', () => receiver.counts().has(`evt_${later}_queued`), IN_TIME);
      const [dead] = await log.dead(name, 0, 10);
      expect(await deliveries.requeue(name, [dead?.entryId ?? ''])).toEqual({ queued: 1, handled: 1 });
      await endpoints.wake(name);
      await eventually('so does the dead letter', async () => (await health())?.delivered === 2, IN_TIME);
      expect(await log.backlog(name)).toEqual({ waiting: 0, inFlight: 0, dead: 0 });
    },
  );
}

underWay('an endpoint that answers 200 too late is tried again', async () => {
  const late: Answering = (response) => void setTimeout(() => response.writeHead(200).end(), SHORT_MS * 1.5);
  const { name, receiver, webhooks, queue, attempts } = await openScene(late, {
    timeout: SHORT_MS / 1000,
    retryAttempts: 20,
  });
  await queue();
  await eventually('it was too late', async () => (await attempts()).length > 0, IN_TIME);
  receiver.answer = ok;
  await webhooks.endpoints.change(name, { timeout: 20 });
  const isThere = async () => (await attempts()).at(-1)?.verdict === 'ok';
  await eventually('it arrives', isThere, IN_TIME);
  const [first, ...others] = await attempts();
  expect(first).toMatchObject({ verdict: 'retry', error: 'timeout', attempt: 1 });
  expect(first?.latencyMs).toBeGreaterThanOrEqual(SHORT_MS - 5);
  expect(others.length).toBeGreaterThan(0);
});

underWay('an answer of 10 MB is a success of which only the first bytes are read', async () => {
  let sent = 0;
  const { queue, whenLogged } = await openScene((response) => {
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
  await queue();
  const [made] = await whenLogged(1);
  expect(made).toMatchObject({ verdict: 'ok', status: 200 });
  expect(made?.answer).toBe('x'.repeat(512));
  expect(sent).toBeLessThan(10_000_000);
});

underWay('an answer whose body never ends is a success', async () => {
  const endless: Answering = (response) => void response.writeHead(200).write('well');
  const { queue, whenLogged } = await openScene(endless, { timeout: 2, retryAttempts: 0 });
  await queue();
  expect(await whenLogged(1)).toMatchObject([{ verdict: 'ok', status: 200, answer: 'well' }]);
});

underWay('410 disables the endpoint; enabled again it gets what it missed', async () => {
  const { receiver, queue, health, enable } = await openScene(firstly(1, status(410), ok));
  await queue();
  await eventually('it is disabled', async () => (await health())?.state === 'disabled', IN_TIME);
  expect(await health()).toMatchObject({ reason: 'gone', lastStatus: 410 });
  await enable();
  await eventually('it gets the event', () => receiver.received.length === 2, IN_TIME);
});

underWay('Retry-After holds back everything, for as long as it asks and no longer than allowed', async () => {
  const asksFor = (seconds: string) => status(429, { 'retry-after': seconds });
  const { receiver, queue, whenLogged } = await openScene((response, received, count) =>
    (count === 1 ? asksFor('1') : count === 2 ? asksFor('86400') : ok)(response, received, count),
  );
  await queue();
  await whenLogged(1);
  await queue();
  await whenLogged(4);
  // Both events were let go at once; one of them was answered 429 again.
  const [first, second, , fourth] = receiver.received.map(({ at }) => at) as [number, number, number, number];
  expect(second - first).toBeGreaterThanOrEqual(990);
  expect(fourth - second).toBeGreaterThanOrEqual(1190);
  expect(fourth - second).toBeLessThan(30_000);
});

underWay('retry_attempts of its own counts instead of the schedule', async () => {
  const { receiver, queue, whenLogged } = await openScene(status(500), { retryAttempts: 1 });
  await queue();
  expect(await whenLogged(2)).toMatchObject([{ verdict: 'retry' }, { verdict: 'dead' }]);
  expect(receiver.received).toHaveLength(2);
});

underWay(
  'Retry-After may be a date; one that is past, absurd or no time at all is not obeyed to the letter',
  async () => {
    const asked = [new Date(Date.now() - 60_000).toUTCString(), '0', 'soon', '-5', '9'.repeat(30)];
    const { receiver, queue, whenLogged } = await openScene((response, received, count) =>
      (count <= asked.length ? status(503, { 'retry-after': asked[count - 1] ?? '' }) : ok)(response, received, count),
    );
    await queue();
    const made = await whenLogged(asked.length + 1);
    const pauses = made.slice(0, -1).map(({ at, nextAt = at }) => nextAt - at);
    // By the schedule, and the last for as long as an endpoint can ask for.
    for (const pause of pauses.slice(0, -1)) expect(pause).toBeLessThan(100);
    expect(pauses.slice(0, -1).every((pause) => pause > 0)).toBe(true);
    expect(pauses.at(-1)).toBeGreaterThanOrEqual(1200);
    expect(receiver.received).toHaveLength(asked.length + 1);
  },
);

const UNUSUAL = [
  ['204', 'HTTP/1.1 204 No Content\r\n\r\n', { verdict: 'ok', status: 204, error: '' }],
  ['205', 'HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n', { verdict: 'ok', status: 205, error: '' }],
  ['103 and then 200', `HTTP/1.1 103 Early Hints\r\n\r\n${OK}`, { verdict: 'ok', status: 200, answer: 'ok' }],
  ['304', 'HTTP/1.1 304 Not Modified\r\n\r\n', { verdict: 'dead', status: 304, error: 'redirect' }],
  ['a body in broken pieces', `${CHUNKED}zz\r\nbroken`, { verdict: 'ok', status: 200, error: '' }],
  ['what is no HTTP', 'good morning\r\n\r\n', { verdict: 'dead', status: 0, error: 'invalid_answer' }],
  ['headers without an end', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}`, { verdict: 'dead', status: 0 }],
] as const;

for (const [how, bytes, told] of UNUSUAL) {
  underWay(`an endpoint that answers ${how} is understood`, async () => {
    const answer: Answering = (response) => void response.socket?.end(bytes);
    const { queue, whenLogged } = await openScene(answer, { retryAttempts: 0 });
    await queue();
    expect(await whenLogged(1)).toMatchObject([told]);
  });
}

underWay('an endpoint that cannot do TLS is told apart', async () => {
  const { port } = await openScene(ok).then(({ receiver }) => receiver);
  const { queue, whenLogged } = await openScene(ok, { url: `https://127.0.0.1:${port}/`, retryAttempts: 0 });
  await queue();
  expect(await whenLogged(1)).toMatchObject([{ verdict: 'dead', status: 0, error: 'tls' }]);
});

underWay('a long URL with a query is asked for as it is', async () => {
  const path = `/${'long/'.repeat(800)}?token=a%20b&empty=`;
  const other = await openScene(ok);
  const { queue, whenLogged } = await openScene(ok, { url: other.receiver.url(path) });
  await queue();
  await whenLogged(1);
  expect(other.receiver.received.map((one) => one.path)).toEqual([path]);
});

underWay('an endpoint that closes every connection unannounced gets every event', async () => {
  const closing: Answering = (response) => {
    const { socket } = response;
    response.writeHead(200).end('ok', () => socket?.destroy());
  };
  const { name, receiver, webhooks, queueMany } = await openScene(closing, { retryAttempts: 20 });
  const ids = await queueMany(40);
  await eventually('all came', () => receiver.counts().size === ids.length, IN_TIME);
  await eventually(
    'nothing is left',
    async () => {
      const { waiting, inFlight, dead } = await webhooks.log.backlog(name);
      return waiting + inFlight + dead === 0;
    },
    IN_TIME,
  );
});

underWay('every attempt has a timestamp of its own', async () => {
  const { receiver, queue, whenLogged } = await openScene(firstly(1, status(429, { 'retry-after': '1' }), ok));
  await queue();
  await whenLogged(2);
  const [first, second] = receiver.received.map(({ headers }) => headers);
  expect(second?.['webhook-id']).toBe(first?.['webhook-id']);
  expect(Number(second?.['webhook-timestamp'])).toBeGreaterThan(Number(first?.['webhook-timestamp']));
  expect(second?.['webhook-signature']).not.toBe(first?.['webhook-signature']);
});

underWay('an endpoint at an address that must not be reached is not', async () => {
  const { queue, whenLogged } = await openScene(ok, { url: 'https://169.254.169.254/latest/', retryAttempts: 0 });
  await queue();
  expect(await whenLogged(1)).toMatchObject([{ verdict: 'dead', status: 0, error: 'blocked_address' }]);
});

underWay('an endpoint that fails is tried with one event at a time, until one succeeds', async () => {
  let atOnce = 0;
  let most = 0;
  let failing = true;
  const { receiver, queueMany } = await openScene((response, received, count) => {
    atOnce += 1;
    if (count > 20) most = Math.max(most, atOnce);
    setTimeout(() => {
      atOnce -= 1;
      (failing ? status(500) : ok)(response, received, count);
    }, 5);
  });
  await queueMany(15);
  await eventually('it has failed for a while', () => receiver.received.length > 40, IN_TIME);
  expect(most).toBe(1);
  failing = false;
  await eventually('all arrive', () => receiver.counts().size === 15, IN_TIME);
});

underWay('an answer that does not come delays no other event of the endpoint', async () => {
  const { receiver, queue } = await openScene(firstly(1, hang, ok));
  await queue();
  await eventually('the first is under way', () => receiver.received.length === 1, IN_TIME);
  const second = await queue();
  await eventually('the second arrives', () => receiver.counts().has(`evt_${second}_queued`), { timeoutMs: 10_000 });
});
