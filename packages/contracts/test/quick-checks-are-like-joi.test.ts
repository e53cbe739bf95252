/** Property: whatever the quick check takes, joi takes too, and makes the same of it. */
import { describe, expect, test } from '@jest/globals';
import { createQuickCheck, createRespeller, keysOf, SEND_ROUTES } from '@pombo/contracts';
import fc from 'fast-check';

const RUNS = 200;

/** Routes whose bodies the quick check leaves to joi, every one. */
const LEFT_TO_JOI: ReadonlySet<string> = new Set([
  'document', // whether a name is needed depends on another field
  'contact', // the fields of the body make a contact together
]);
const QUICK = SEND_ROUTES.filter(({ type }) => !LEFT_TO_JOI.has(type));

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(null, true, 'true', 0, -0, 1, '1', 1.5, 61, 1e20, 5511999999999, [], {}, ['x']),
  fc.constantFrom('', ' ', 'x', 'x'.repeat(64), 'x'.repeat(65), 'x'.repeat(1025), 'x'.repeat(5000), '\u0000', '🕊'),
  fc.constantFrom('5511999999999', '+55 (11) 99999-9999', '12345678@s.whatsapp.net', '1203630412345@g.us', 'a@b'),
  fc.constantFrom('2026-01-01T10:00:00Z', 'https://example.com/a.jpg', 'ftp://example.com/a', 'high', 'HIGH', 'bulk'),
);

describe.each(QUICK)('POST $path', ({ schema, docs }) => {
  const quickCheck = createQuickCheck(schema);
  const respell = createRespeller(schema);
  const examples = Object.values(docs.examples).map((example) => respell(example).body);

  /** An example with some fields changed, gone or added, and some in another order. */
  const body = fc
    .tuple(
      fc.constantFrom(...examples),
      fc.dictionary(fc.constantFrom(...keysOf(schema)), fc.option(odd, { nil: undefined }), { maxKeys: 3 }),
    )
    .map(([example, changes]) =>
      Object.fromEntries(
        Object.entries({ ...changes, ...example, ...changes }).filter(([, value]) => value !== undefined),
      ),
    );

  test('what the quick check takes is what joi makes of it, field by field and in their order', () => {
    let taken = 0;
    fc.assert(
      fc.property(body, (given) => {
        const quick = quickCheck(given);
        if (!quick) return;
        taken += 1;
        const byJoi = schema.validate(given);
        expect(byJoi.error).toBeUndefined();
        expect(quick).toStrictEqual(byJoi.value);
        expect(Object.keys(quick)).toEqual(Object.keys(byJoi.value as object));
      }),
      { numRuns: RUNS },
    );
    expect(taken).toBeGreaterThan(RUNS / 20);
  });

  test('its first example needs no more than the quick check', () => {
    expect(quickCheck(examples[0] ?? {})).toBeDefined();
  });
});
