/** Property: whatever a client sends, a bad body is a clear 4xx in the envelope that names a field, and nothing is queued. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { keysOf as fieldsOf, SEND_ROUTES, type SendRoute } from '@pombo/contracts';
import fc from 'fast-check';
import { type Harness, NUMBER, openHarness } from './ingress-harness.js';

const BAD_BODIES = 500;
/** Of bodies that may be good; accepting one costs more. */
const ODD_BODIES = 150;
/** Posted at once, so that the machine is never waiting. */
const AT_ONCE = 25;

let harness: Harness;
beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());

/** Values no field takes, or hardly any: wrong kinds, extremes, nesting. */
const oddValue = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    ' ',
    '0',
    null,
    -1,
    1e308,
    true,
    [],
    {},
    [[]],
    'x'.repeat(5000),
    '\u0000',
    '__proto__',
    'data:;base64,',
  ),
);

/** A body out of the route's own fields and some nobody knows, always with a number that is none. */
function badBodyFor(route: SendRoute) {
  const known = fc.dictionary(fc.constantFrom(...fieldsOf(route.schema)), oddValue, { maxKeys: 8 });
  const unknown = fc.dictionary(fc.string({ maxLength: 12 }), oddValue, { maxKeys: 3 });
  const badNumber = fc.oneof(oddValue, fc.constantFrom('12345', 'abc', '1'.repeat(16), 'a@b')).filter(isNoRecipient);
  return fc.tuple(known, unknown, badNumber).map(([a, b, number]) => {
    const fields = Object.entries({ ...b, ...a }).filter(([field]) => field !== 'to');
    return { ...Object.fromEntries(fields), number };
  });
}

/** The route's own fields with odd values, and a number that is one: some of these are good messages. */
function oddBodyFor(route: SendRoute) {
  const fields = fieldsOf(route.schema).filter((field) => field !== 'to');
  const odd = fc.oneof(oddValue, fc.base64String({ maxLength: 64 }), fc.webUrl());
  return fc.dictionary(fc.constantFrom(...fields), odd, { maxKeys: 6 }).map((body) => ({ ...body, number: NUMBER }));
}

/** Tries so many values, some at a time. */
async function tryMany<T>(values: fc.Arbitrary<T>, count: number, check: (value: T) => Promise<void>): Promise<void> {
  const several = fc.array(values, { minLength: AT_ONCE, maxLength: AT_ONCE });
  const all = fc.asyncProperty(several, async (some) => void (await Promise.all(some.map(check))));
  await fc.assert(all, { numRuns: count / AT_ONCE });
}

function isNoRecipient(value: unknown): boolean {
  return typeof value === 'number'
    ? value < 1e9 || value > 1e15
    : typeof value !== 'string' || !/\d{6}/.test(value) || value.length > 15;
}

const ROUTES = SEND_ROUTES.map((route) => ({ path: route.path, route }));

test.each(ROUTES)(
  'POST $path',
  async ({ path, route }) => {
    await tryMany(badBodyFor(route), BAD_BODIES, async (body) => {
      const answer = await harness.call('POST', path, { body });
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({ success: false, error_code: 'VALIDATION_ERROR' });
      const named = (answer.body['validation'] as Array<{ field: string }>).map(({ field }) => field);
      expect(named.some((field) => field === 'number' || field === 'to')).toBe(true);
    });
    expect(await harness.enqueued()).toEqual([]);
  },
  120_000,
);

test.each(ROUTES)(
  'POST $path with a good number and anything else is accepted or refused, never an error of ours',
  async ({ path, route }) => {
    await tryMany(oddBodyFor(route), ODD_BODIES, async (body) => {
      const { status, body: answer } = await harness.call('POST', path, { body });
      if (status === 202) return;
      expect([400, 404, 413, 415]).toContain(status);
      expect(answer).toMatchObject({ success: false, error: expect.any(String), request_id: expect.any(String) });
      expect(answer['validation']).toEqual(
        expect.arrayContaining([expect.objectContaining({ field: expect.any(String) })]),
      );
    });
  },
  120_000,
);

/** Lines that a form is made of, in any order, with anything in between. */
const formLine = fc.oneof(
  fc.constantFrom('--x', '--x--', '', 'content-disposition: form-data; name="file"; filename="a"'),
  fc.constantFrom(
    'content-disposition: form-data; name="file"',
    'content-type: image/png',
    'content-disposition: form-data',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const form = fc.array(formLine, { maxLength: 12 }).map((lines) => Buffer.from(lines.join('\r\n')));
const file = fc.oneof(
  form,
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);
const fileType = fc.oneof(
  fc.constantFrom(
    'multipart/form-data; boundary=x',
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/mixed',
  ),
  fc.constantFrom(
    'image/png',
    'application/json',
    'application/x-www-form-urlencoded',
    '',
    '/',
    'a b',
    'x'.repeat(300),
  ),
);

test('POST /media stores whatever comes or says what is wrong with it, never an error of ours', async () => {
  const before = (await harness.enqueued()).sort();
  await tryMany(fc.tuple(fileType, file), ODD_BODIES, async ([type, bytes]) => {
    const answer = await harness.call('POST', '/media', { headers: { 'content-type': type }, body: bytes });
    if (answer.status === 201) return;
    expect([400, 413, 415]).toContain(answer.status);
    expect(answer.body).toMatchObject({ success: false, error: expect.any(String), request_id: expect.any(String) });
    expect(answer.body['validation']).toEqual([expect.objectContaining({ field: expect.any(String) })]);
  });
  expect((await harness.enqueued()).sort()).toEqual(before);
}, 120_000);
