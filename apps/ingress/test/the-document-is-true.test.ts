/** The OpenAPI document against what it describes: routes, schemas, examples. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ERROR_CODES } from '@pombo/contracts';
import { buildOpenApi } from '../src/openapi/build-document.js';
import { OPERATIONS } from '../src/openapi/operations.js';
import type { Operation } from '../src/openapi/operation.js';
import { ROUTES } from '../src/routes/route-table.js';
import { createSendValidator } from '../src/sends/send-validator.js';
import { pendingStatus } from '../src/openapi/answers/message-answers.js';
import { TIME } from '../src/openapi/answers/values.js';
import { requireDocumented } from './documented-answer.js';
import { type Harness, openHarness } from './ingress-harness.js';

interface Described {
  readonly responses: Record<
    string,
    { content?: Record<string, { schema: { properties?: Record<string, { enum?: string[] }> } }> }
  >;
}
const document = buildOpenApi();
const paths = document.paths as unknown as Record<string, Record<string, Described>>;
const NAMED = Object.entries<Operation>(OPERATIONS);

const SENDS = NAMED.filter(([name]) => name.startsWith('POST /send/'));

let harness: Harness;
beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());

test('the document has every route that is served, and no other', () => {
  const described = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  );
  expect(described.sort()).toEqual(Object.keys(ROUTES).sort());
});

test('every error code is one that some route answers', () => {
  const listed = Object.values(paths)
    .flatMap((item) => Object.values(item))
    .flatMap(({ responses }) => Object.values(responses))
    .flatMap(({ content }) => content?.['application/json']?.schema.properties?.['error_code']?.enum ?? []);
  expect([...new Set(listed)].sort()).toEqual(Object.keys(ERROR_CODES).sort());
});

test('the document that is served is the one that is built', async () => {
  const { status, body, headers } = await harness.call('GET', '/openapi.json', { token: undefined });
  expect(status).toBe(200);
  expect(headers.get('content-type')).toContain('application/json');
  expect(body).toEqual(JSON.parse(JSON.stringify(document)));
});

describe.each(NAMED)('%s', (name, { path, body, answers }) => {
  test('names every parameter of its path', () => {
    const inPath = [...name.matchAll(/:(\w+)/g)].map((match) => match[1]);
    const described = path ? Object.keys((path.describe() as { keys: object }).keys) : [];
    expect(described).toEqual(inPath);
  });

  test('has examples that its schemas take as they are', () => {
    for (const [summary, example] of Object.entries(body?.examples ?? {})) {
      const problem = body?.eitherSpelling
        ? refusal(body, example)
        : body?.schema.validate(example, { allowUnknown: false }).error?.message;
      expect({ summary, problem }).toEqual({ summary, problem: undefined });
    }
    for (const { schema, examples = {} } of Object.values(answers)) {
      for (const [summary, example] of Object.entries(examples)) {
        const problem = schema?.validate(example, { convert: false }).error?.message;
        expect({ summary, problem }).toEqual({ summary, problem: undefined });
      }
    }
  });
});

describe.each(SENDS)('%s', (name, { body, answers }) => {
  test.each(Object.entries(body?.examples ?? {}))('takes its example: %s', async (_summary, example) => {
    const answer = await harness.call('POST', name.slice('POST '.length), { body: example });
    expect(answer).toMatchObject({ status: 202 });
    const [documented] = Object.values(answers[202]?.examples ?? {});
    expect(Object.keys(answer.body).sort()).toEqual(Object.keys(documented as object).sort());
  });
});

test('an answer that the document does not list is noticed', () => {
  const envelope = { success: false, error: '…', timestamp: TIME, request_id: 'r' };
  const noticed = (status: number, body: Record<string, unknown>) => () =>
    requireDocumented('GET', '/messages/3EB06481A70D11B2C3D4E5/status', { status, body });
  expect(noticed(404, { ...envelope, error_code: 'MESSAGE_NOT_FOUND' })).not.toThrow();
  expect(noticed(404, { ...envelope, error_code: 'MEDIA_NOT_FOUND' })).toThrow(/MEDIA_NOT_FOUND/);
  expect(noticed(404, { ...envelope, error_code: 'MESSAGE_NOT_FOUND', hint: '…' })).toThrow(/hint/);
  expect(noticed(200, pendingStatus)).not.toThrow();
  expect(noticed(200, { ...pendingStatus, extra: 1 })).toThrow(/extra/);
  expect(noticed(204, {})).toThrow(/not listed/);
});

/** As the route itself would refuse it, in strict handling. */
function refusal({ schema }: NonNullable<Operation['body']>, example: unknown): string | undefined {
  try {
    createSendValidator(schema as Parameters<typeof createSendValidator>[0])(example as Record<string, unknown>, true);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
