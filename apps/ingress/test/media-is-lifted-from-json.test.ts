import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { liftMedia } from '../src/http/lift-media.js';

const FIELDS = new Set(['image', 'thumbnail']);
const LONG = 'QUJD'.repeat(8_000);

/** The body as it is understood with its media back in place. */
function readBack(json: string): unknown {
  const { text, lifted } = liftMedia(Buffer.from(json), FIELDS);
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'string' ? (lifted.get(value)?.toString() ?? value) : value,
  );
}
const countLifted = (json: string): number => liftMedia(Buffer.from(json), FIELDS).lifted.size;

test('long media at the top of a body is lifted, wherever it stands and whatever is around it', () => {
  const bodies = [
    `{"image":"${LONG}"}`,
    `{"number":"1","image" : \n "${LONG}" , "delay":5,"quoted":{"key":{"id":"a"}}}`,
    `{"caption":"a \\" quote, and \\\\","mentioned":["1","2"],"image":"${LONG}"}`,
    `{"a":{"b":[{"c":"}"}]},"image":"${LONG}"}`,
  ];
  for (const body of bodies) {
    expect(countLifted(body)).toBe(1);
    expect(readBack(body)).toEqual(JSON.parse(body));
  }
  expect(countLifted(`{"image":"${LONG}","thumbnail":"${LONG}"}`)).toBe(2);
});

test('what is no media, is not at the top, is short or holds escapes stays where it is', () => {
  const bodies = [
    `{"caption":"${LONG}"}`,
    `{"quoted":{"image":"${LONG}"}}`,
    `["image","${LONG}"]`,
    `{"x":["image","${LONG}"]}`,
    `{"image":"QUJD"}`,
    `{"image":"${LONG}\\/AAA"}`,
    `{"x":"image","y":"${LONG}"}`,
    LONG,
  ];
  for (const body of bodies) expect(countLifted(body)).toBe(0);
});

test('a body that is no JSON is none without its media either', () => {
  for (const body of [`{"image":"${LONG}"`, `{"image":"${LONG}`, `"image":"${LONG}"}`, `{"image" "${LONG}"}`]) {
    const { text } = liftMedia(Buffer.from(body), FIELDS);
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
  }
});

test('a client cannot name what was lifted', () => {
  const { text } = liftMedia(Buffer.from(`{"image":"${LONG}"}`), FIELDS);
  const token = (JSON.parse(text) as { image: string }).image;
  expect(token).toMatch(/^[0-9a-f-]{36}:0$/);
});

test('any body means the same with its media lifted', () => {
  const value = fc.oneof(fc.string(), fc.constant(LONG), fc.jsonValue(), fc.integer());
  const key = fc.oneof(fc.constantFrom('image', 'thumbnail', 'caption'), fc.string());
  fc.assert(
    fc.property(fc.dictionary(key, value), fc.constantFrom(undefined, 1), (body, indent) => {
      const json = JSON.stringify(body, undefined, indent);
      expect(readBack(json)).toEqual(JSON.parse(json));
    }),
    { numRuns: 200 },
  );
});
