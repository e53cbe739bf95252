import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Harness, IMAGE_URL, NUMBER, openHarness } from './ingress-harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await openHarness({ settings: { JSON_BODY_LIMIT_BYTES: '100000' } });
});
afterAll(() => harness.close());

const SEND = JSON.stringify({ number: NUMBER, image_url: IMAGE_URL, caption: 'pombo-correio 🕊' });

type Body = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

async function post(path: string, body: Body, headers: Record<string, string> = {}) {
  const authorization = `Bearer ${harness.token}`;
  const response = await fetch(harness.url + path, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', ...headers },
    body,
    duplex: 'half',
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test.each(['/send/image', '/send/image/', '/send/image?x=1', '/Send/Image'])('%s is one route', async (path) => {
  expect((await post(path, SEND)).status).toBe(202);
  expect((await post(path, '{}')).status).toBe(400);
  expect((await post(path, SEND, { authorization: 'Bearer nobody' })).status).toBe(401);
});

test.each<[how: string, body: Body, headers: Record<string, string>]>([
  ['with a byte order mark', `\uFEFF${SEND}`, {}],
  ['as UTF-8 by name', SEND, { 'content-type': 'application/json; charset="UTF-8"' }],
  ['in UTF-16', Buffer.from(SEND, 'utf16le'), { 'content-type': 'application/json; charset=utf-16le' }],
  ['compressed', gzipSync(SEND), { 'content-encoding': 'gzip' }],
  ['as a JSON of its own kind', SEND, { 'content-type': 'application/vnd.pombo.v1+json' }],
])('a body %s is read', async (_how, body, headers) => {
  const answer = await post('/send/image', body, headers);
  expect(answer.status).toBe(202);
  const content = await harness.store.messages.readContent(String(answer.body['message_id']));
  expect(content).toMatchObject({ caption: 'pombo-correio 🕊' });
});

test('a body that comes in pieces, its length untold, is read', async () => {
  const pieces = new ReadableStream({
    start(controller) {
      for (const byte of Buffer.from(SEND)) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  expect((await post('/send/image', pieces)).status).toBe(202);
});

test.each(['{', `${SEND}x`])('%j is not JSON', async (body) => {
  const answer = await post('/send/image', body);
  expect(answer.status).toBe(400);
  expect(answer.body['error_code']).toBe('INVALID_JSON');
  expect(JSON.stringify(answer.body)).not.toContain(NUMBER);
});

test.each(['"text"', 'null', '7', 'false', '[]'])('%j is JSON, but no body: the answer names it', async (body) => {
  const plain = await post('/send/image', body);
  const compressed = await post('/send/image', gzipSync(body), { 'content-encoding': 'gzip' });
  for (const answer of [plain, compressed]) {
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error_code: 'VALIDATION_ERROR', validation: [{ field: 'body' }] });
  }
});

test.each(['', ' '])('%j is no body to send', async (body) => {
  expect((await post('/send/image', body)).status).toBe(400);
});

test('a body above the limit is refused, compressed or not', async () => {
  const large = JSON.stringify({ number: NUMBER, image: 'A'.repeat(100_000) });
  expect((await post('/send/image', large)).status).toBe(413);
  expect((await post('/send/image', gzipSync(large), { 'content-encoding': 'gzip' })).status).toBe(413);
});
