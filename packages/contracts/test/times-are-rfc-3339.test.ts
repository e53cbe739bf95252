import { expect, test } from '@jest/globals';
import { timeSchema } from '@pombo/contracts';

test.each([
  ['2026-12-01T09:00:00Z', '2026-12-01T09:00:00.000Z'],
  ['2026-12-01T09:00:00.25Z', '2026-12-01T09:00:00.250Z'],
  ['2026-12-01T09:00:00-03:00', '2026-12-01T12:00:00.000Z'],
  ['2024-02-29T23:59:59+05:30', '2024-02-29T18:29:59.000Z'],
  ['2026-12-01 09:00:00Z', '2026-12-01T09:00:00.000Z'],
])('%s is a time', (text, utc) => {
  const { value, error } = timeSchema.validate(text) as { value: Date; error?: Error };
  expect(error).toBeUndefined();
  expect(value.toISOString()).toBe(utc);
});

test.each([
  ['without an offset', '2026-12-01T09:00:00'],
  ['a day', '2026-12-01'],
  ['without seconds', '2026-12-01T09:00Z'],
  ['a day that is in no calendar', '2026-02-30T00:00:00Z'],
  ['the leap day of another year', '2026-02-29T00:00:00Z'],
  ['an hour too many', '2026-12-01T24:00:00Z'],
  ['a word', 'tomorrow'],
  ['nothing', ''],
  ['seconds since 1970', 1_796_000_000],
  ['the same as text', '1796000000'],
])('%s is none: %j', (_what, text) => {
  const { error } = timeSchema.validate(text);
  expect(error?.message).toContain('must be a time as RFC 3339 has it');
});
