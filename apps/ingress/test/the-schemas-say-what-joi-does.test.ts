/**
 * Property: what the document's JSON Schema takes, the route takes, and the other way round. Where JSON Schema cannot
 * say what a schema checks, or Pombo is kinder than it says, a list here tells why.
 */
import { describe, expect, test } from '@jest/globals';
import { createRespeller } from '@pombo/contracts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import type Joi from 'joi';
import { buildOpenApi } from '../src/openapi/build-document.js';
import type { Operation } from '../src/openapi/operation.js';
import { OPERATIONS } from '../src/openapi/operations.js';

const RUNS = 100;

interface Described {
  readonly requestBody?: { readonly content: Record<string, { readonly schema: object }> };
}

const document = JSON.parse(JSON.stringify(buildOpenApi())) as {
  readonly paths: Record<string, Record<string, Described>>;
  readonly components: object;
};
const ajv = addFormats.default(new Ajv2020({ strict: false, unicodeRegExp: true }));
ajv.addSchema({ $id: 'document', components: document.components });

/** Joi's types of problems that JSON Schema has no words for; a body with one of these only may be taken by it. */
const BEYOND_JSON_SCHEMA: ReadonlySet<string> = new Set([
  'conflict', // one field under two names, with two values
  'array.unique', // unique by a field of its items
  'list.rows', // rows of all sections together
  'list.ids',
  'list.titles',
  'sendAt.far', // depends on today
  'contact.name', // one of several ways to name and number a contact
  'contact.number',
  'contact.none',
  'contact.twice',
  'contact.vcard',
  'contact.waid',
  'contact.phone',
  'number.unsafe', // larger than JavaScript can count
  'webhook.credentials',
  'webhook.headerName',
  'webhook.headerValue',
  'webhook.reserved',
  'webhook.secret',
  'array.sparse', // an item that counts as not given
  'string.email',
  'string.uri', // joi's and ajv's ideas of a URI differ at the edges
]);

/** Where joi reads a value kindly and the document asks for the plain form. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, 1, 3.5, -1, 61, 1e20, [], {}, [1], ['x'], { a: 1 }),
  fc.constantFrom(
    '',
    'x',
    'a/b',
    'x'.repeat(25),
    'x'.repeat(300),
    'x'.repeat(1100),
    'x'.repeat(5000),
    '🕊'.repeat(24),
    '🕊'.repeat(1024),
    '…\u0007',
  ),
  fc.constantFrom('5511999999999', '+55 (11) 99999-9999', '12345678@s.whatsapp.net', '1203630412345@g.us', 'a@b'),
  fc.constantFrom('2026-01-01T10:00:00Z', 'tomorrow', 'https://example.com/a.jpg', 'ftp://example.com/a', 'image/png'),
  fc.constantFrom('high', 'bulk', '3EB06481A70D11B2C3D4E5', 'dev_6480f3c1a9b27de45016'),
);

type Json = Record<string, unknown>;

/** Places in a body that can be changed. */
function placesIn(value: unknown, path: readonly (string | number)[] = []): Array<readonly (string | number)[]> {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, item]) =>
    placesIn(item, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return path.length === 0 ? inner : [path, ...inner];
}

type Change = (body: Json) => void;
const setAt = (body: Json, path: readonly (string | number)[], value: unknown): void => {
  const last = path.at(-1) ?? '';
  const parent = path.slice(0, -1).reduce<unknown>((at, key) => (at as Json | undefined)?.[key], body);
  if (typeof parent !== 'object' || parent === null) return;
  if (value === undefined) Reflect.deleteProperty(parent, last);
  else (parent as Json)[last] = value;
};

/** An example of the route with some of its places changed, some of its fields gone, and some others there. */
function bodiesOf({ body }: Operation): fc.Arbitrary<Json> {
  const examples = Object.values(body?.examples ?? {}) as Json[];
  const names = Object.keys((body?.schema.describe() as { keys: Json }).keys);
  return fc.constantFrom(...examples).chain((example) => {
    const places = [...placesIn(example), ...names.map((name) => [name])];
    const change = fc.tuple(fc.constantFrom(...places), fc.option(odd, { nil: undefined }));
    const changes = fc.array(
      change.map(
        ([path, value]): Change =>
          (given) =>
            setAt(given, path, value),
      ),
      { maxLength: 3 },
    );
    return changes.map((all) => {
      const changed = structuredClone(example);
      for (const apply of all) apply(changed);
      return changed;
    });
  });
}

/** As the route validates. */
function createProblemsOf(schema: Joi.Schema): (body: Json) => string[] {
  const respell = createRespeller(schema as Joi.ObjectSchema);
  return (body) => {
    const respelled = respell(body);
    const { error } = schema.validate(respelled.body, { abortEarly: false, allowUnknown: true });
    return [...(error?.details ?? []).map(({ type }) => type), ...respelled.conflicting.map(() => 'conflict')];
  };
}

const WITH_BODY = Object.entries<Operation>(OPERATIONS).filter(([, { body }]) => body);

describe.each(WITH_BODY)('%s', (name, operation) => {
  const [method = '', path = ''] = name.split(' ');
  const described = document.paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
  const schema = described?.requestBody?.content['application/json']?.schema ?? {};
  const text = JSON.stringify(schema).replaceAll('"#/components', '"document#/components');
  const validate = ajv.compile(JSON.parse(text) as object);

  test('is described as it validates', () => {
    const problemsOf = operation.body ? createProblemsOf(operation.body.schema) : () => [];
    let taken = 0;
    fc.assert(
      fc.property(bodiesOf(operation), (body) => {
        const problems = problemsOf(body);
        const documented = validate(body);
        if (problems.length === 0) taken += 1;
        if (problems.length > 0 && problems.every((type) => BEYOND_JSON_SCHEMA.has(type))) return;
        if (documented === (problems.length === 0)) return;
        const document = documented ? 'takes it' : ajv.errorsText(validate.errors);
        throw new Error(
          `${JSON.stringify(body)}\n  the route: ${problems.join(', ') || 'takes it'}\n  the document: ${document}`,
        );
      }),
      { numRuns: RUNS },
    );
    expect(taken).toBeGreaterThan(RUNS / 20);
  });
});
