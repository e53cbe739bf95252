import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLogger } from '@pombo/runtime';
import { eventually } from '@pombo/testing';
import { type Harness, openHarness } from './ingress-harness.js';

let harness: Harness;
let lines: string[];

beforeAll(async () => {
  lines = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  harness = await openHarness({ logger: createLogger({ level: 'debug', name: 'ingress', stream }) });
});
afterAll(async () => harness.close());

const lineOf = (requestId: string) =>
  eventually('the request is logged', () => lines.find((line) => line.includes(requestId)));

test('the client’s own request id comes back, in the header and in errors', async () => {
  const answer = await harness.call('GET', '/messages/nope', { headers: { 'x-request-id': 'abc-1.2:3' } });
  expect(answer.headers.get('x-request-id')).toBe('abc-1.2:3');
  expect(answer.body['request_id']).toBe('abc-1.2:3');
});

test.each(['x'.repeat(65), 'has space', '<script>'])('an id like %j is replaced', async (id) => {
  const answer = await harness.call('GET', '/health/live', { headers: { 'x-request-id': id } });
  expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
});

test('a request is logged by its pattern, with neither token, body nor query', async () => {
  const headers = { 'x-request-id': 'logged-1' };
  await harness.sendImage({ caption: 'attack at dawn' }, headers);
  await harness.call('GET', '/status?device_id=hidden', { headers: { 'x-request-id': 'logged-2' } });
  expect(JSON.parse(await lineOf('logged-1'))).toMatchObject({
    message: 'request',
    method: 'POST',
    route: '/send/image',
    status: 202,
    durationMs: expect.any(Number),
    requestId: 'logged-1',
  });
  await lineOf('logged-2');
  const everything = lines.join('');
  for (const secret of [harness.token, 'dawn', '5511999999999', 'hidden']) expect(everything).not.toContain(secret);
});

test('an unknown path is a 404 in the envelope, with and without a token', async () => {
  for (const token of [undefined, harness.token]) {
    const answer = await harness.call('POST', '/send/pigeon', { token, body: {} });
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({ success: false, error_code: 'NOT_FOUND', request_id: expect.any(String) });
  }
});

test.each([(token: string) => token, (token: string) => `bearer ${token}`, (token: string) => `BEARER  ${token}`])(
  'the token is taken bare and after its scheme in any case',
  async (write) => {
    const answer = await harness.call('GET', '/devices', { token: write(harness.token) });
    expect(answer.status).toBe(200);
  },
);

test('nothing tells what the server is made of', async () => {
  const answer = await harness.call('GET', '/health/live');
  expect(answer.headers.get('x-powered-by')).toBeNull();
});
