import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createReadyDevice, createTenant, type Harness, IMAGE_URL, NUMBER, openHarness } from './ingress-harness.js';
import { PNG_BASE64 } from './sample-png.js';

let harness: Harness;
let foreignDeviceId: string;

beforeAll(async () => {
  harness = await openHarness({ settings: { JSON_BODY_LIMIT_BYTES: '20000', MEDIA_MAX_IMAGE_BYTES: '5000' } });
  const { tenantId } = await createTenant(harness.store);
  foreignDeviceId = await createReadyDevice(harness.store, tenantId);
});
afterAll(async () => harness.close());

const url = { image_url: IMAGE_URL };
const base64Of = (text: string): string => Buffer.from(text).toString('base64');

interface BadBody {
  readonly what: string;
  readonly body: unknown;
  readonly status: number;
  readonly code: string;
  readonly fields: readonly string[];
  readonly headers?: Record<string, string>;
}

const invalid = (what: string, body: unknown, ...fields: string[]): BadBody => ({
  what,
  body,
  status: 400,
  code: 'VALIDATION_ERROR',
  fields,
});

const quotedWith = (field: string) => ({
  key: { id: 'Q1', from_me: false, [field]: 1 },
  message: { conversation: 'hi' },
});

const BAD_BODIES: readonly BadBody[] = [
  invalid('no number', url, 'number'),
  invalid('letters in the number', { number: '55119x9999999', ...url }, 'number'),
  invalid('9 digits', { number: '123456789', ...url }, 'number'),
  invalid('16 digits', { number: '1234567890123456', ...url }, 'number'),
  invalid('9 digits as a JSON number', { to: 123456789, ...url }, 'to'),
  invalid('a number that is an object', { number: { digits: NUMBER }, ...url }, 'number'),
  invalid('image and image_url', { number: NUMBER, image: PNG_BASE64, ...url }, 'image', 'image_url'),
  invalid('both in camelCase', { number: NUMBER, image: PNG_BASE64, imageUrl: IMAGE_URL }, 'image', 'imageUrl'),
  invalid('neither image nor image_url', { number: NUMBER }, 'image'),
  invalid('an image that is null', { number: NUMBER, image: null }, 'image'),
  invalid('nothing but an empty image_url', { number: NUMBER, image_url: '' }, 'image'),
  invalid('a number that is null', { number: null, ...url }, 'number'),
  invalid('an empty number', { number: '', ...url }, 'number'),
  invalid('broken base64', { number: NUMBER, image: `${PNG_BASE64.slice(0, 40)}%%%%` }, 'image'),
  invalid('base64 cut in the middle', { number: NUMBER, image: PNG_BASE64.slice(0, 41) }, 'image'),
  invalid('an ftp URL', { number: NUMBER, image_url: 'ftp://pictures.example/a.png' }, 'image_url'),
  invalid('a URL without a host', { number: NUMBER, imageUrl: 'pigeon.png' }, 'imageUrl'),
  invalid('a caption of 1025', { number: NUMBER, ...url, caption: 'x'.repeat(1025) }, 'caption'),
  invalid('a delay of 61 s', { number: NUMBER, ...url, delay: 61 }, 'delay'),
  invalid('a date beyond 35 days', { number: NUMBER, ...url, sendAt: '2100-01-01T00:00:00Z' }, 'sendAt'),
  invalid('a mention that is no number', { number: NUMBER, ...url, mentioned: [NUMBER, 'x'] }, 'mentioned[1]'),
  invalid('a quote without a key', { number: NUMBER, ...url, quoted: { message: { conversation: '' } } }, 'quoted.key'),
  invalid('two spellings that differ', { number: NUMBER, to: '5511888888888', ...url }, 'number', 'to'),
  invalid('a list as the body', [], 'body'),
  {
    ...invalid('an unknown field, strictly', { number: NUMBER, ...url, captoin: 'x' }, 'captoin'),
    headers: { prefer: 'handling=strict' },
  },
  {
    ...invalid(
      'an unknown field inside another, strictly',
      { number: NUMBER, ...url, quoted: quotedWith('form_me') },
      'quoted.key.form_me',
    ),
    headers: { prefer: 'handling=strict' },
  },
  {
    what: 'a text file as the image',
    body: { number: NUMBER, image: base64Of('Dear pigeon,\nplease fly.\n') },
    status: 415,
    code: 'UNSUPPORTED_MEDIA_TYPE',
    fields: ['image'],
  },
  {
    what: 'an image over its limit',
    body: { number: NUMBER, image: base64Of('x'.repeat(6000)) },
    status: 413,
    code: 'PAYLOAD_TOO_LARGE',
    fields: ['image'],
  },
  { what: 'malformed JSON', body: '{"number": ', status: 400, code: 'INVALID_JSON', fields: [] },
  {
    what: 'a body over the limit',
    body: { number: NUMBER, image: 'A'.repeat(30_000) },
    status: 413,
    code: 'PAYLOAD_TOO_LARGE',
    fields: [],
  },
  {
    what: 'a body that is not JSON',
    body: 'number=1',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    status: 415,
    code: 'UNSUPPORTED_MEDIA_TYPE',
    fields: [],
  },
  {
    what: 'an unknown media_id',
    body: { number: NUMBER, media_id: 'med_1' },
    status: 404,
    code: 'MEDIA_NOT_FOUND',
    fields: ['media_id'],
  },
];

const fieldsOf = (validation: unknown): string[] =>
  ((validation ?? []) as Array<{ field: string }>).map((p) => p.field);

describe('POST /send/image', () => {
  test.each(BAD_BODIES)('refuses $what', async ({ body, headers = {}, status, code, fields }) => {
    const answer = await harness.call('POST', '/send/image', { body, headers });
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({
      success: false,
      error: expect.any(String),
      error_code: code,
      timestamp: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
      request_id: answer.headers.get('x-request-id'),
    });
    expect(fieldsOf(answer.body['validation'])).toEqual(fields);
    expect(await harness.enqueued()).toEqual([]);
  });

  test.each([
    ['no token', undefined],
    ['a wrong token', 'Bearer 3f0e3a4e-7a55-4d6b-9a43-0d5f6b1c2d3e'],
    ['a token that is not a UUID', 'Bearer secret'],
    ['another scheme', 'Basic cG9tYm86cG9tYm8='],
  ])('refuses %s', async (_what, token) => {
    const answer = await harness.call('POST', '/send/image', { token, body: { number: NUMBER, ...url } });
    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({ success: false, error_code: 'UNAUTHORIZED' });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(await harness.enqueued()).toEqual([]);
  });

  test('asks for the token before it looks at the body', async () => {
    const answer = await harness.call('POST', '/send/image', { token: undefined, body: '{"number": ' });
    expect(answer.status).toBe(401);
  });

  test.each(['someone else’s', 'unknown', 'malformed'])('refuses a device that is %s, all alike', async (which) => {
    const unknown = `${foreignDeviceId.slice(0, -1)}${foreignDeviceId.endsWith('0') ? '1' : '0'}`;
    const deviceId = { 'someone else’s': foreignDeviceId, unknown, malformed: 'my-phone' }[which];
    const answer = await harness.sendImage({ device_id: deviceId });
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({
      error_code: 'DEVICE_NOT_FOUND',
      error: 'you have no device with this device_id',
    });
    expect(await harness.enqueued()).toEqual([]);
  });

  test('refuses a device that was never paired', async () => {
    const { id } = await harness.store.devices.create(harness.tenantId, 'new');
    const answer = await harness.sendImage({ device_id: id });
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ error_code: 'DEVICE_NOT_READY' });
    expect(await harness.enqueued()).toEqual([]);
  });

  test('names every problem at once', async () => {
    const answer = await harness.sendImage({ number: '12', caption: 'x'.repeat(1025), delay: -1, priority: 'urgent' });
    expect(fieldsOf(answer.body['validation']).sort()).toEqual(['caption', 'delay', 'number', 'priority']);
  });

  test('says of every problem what was given: null where nothing was, and where it may be private', async () => {
    const at = '2100-01-01T00:00:00.000Z';
    const body = { image_url: 'pigeon.png', delay: -1, hd: 'maybe', send_at: at, priority: 'urgent', expires_in: 1.5 };
    const answer = await harness.call('POST', '/send/image', { body });
    const problems = answer.body['validation'] as Array<{ field: string; value: unknown }>;
    expect(Object.fromEntries(problems.map(({ field, value }) => [field, value]))).toEqual({
      ...{ number: null, image_url: null, delay: -1, hd: null, send_at: at, priority: 'urgent', expires_in: 1.5 },
    });
  });

  test('takes a message with an unknown field inside another, and says that it was not used', async () => {
    const answer = await harness.sendImage({ quoted: quotedWith('form_me') });
    expect(answer.status).toBe(202);
    expect(answer.body['warnings']).toEqual([
      { field: 'quoted.key.form_me', message: expect.stringContaining('was not used') },
    ]);
  });

  test('shows a number back, but never a picture, a caption or a URL', async () => {
    const secret = 'attack at dawn ';
    const body = { number: '12', image: { [secret]: secret }, caption: secret.repeat(100), quoted: { key: secret } };
    const answer = await harness.call('POST', '/send/image', { body });
    expect(answer.body['validation']).toContainEqual(expect.objectContaining({ field: 'number', value: '12' }));
    expect(answer.text).not.toContain(secret);
    const other = await harness.call('POST', '/send/image', {
      body: { number: NUMBER, image_url: `ftp://u:${secret}@h/` },
    });
    expect(other.text).not.toContain('attack');
  });
});
