import { type CacheableAnswer, type Freshness, freshnessOf, refreshed } from '@pombo/media';
import { DAY, MINUTE, SECOND } from '@pombo/runtime';
import { expect, test } from '@jest/globals';

const NOW = Date.now();
const UNSAID_MS = 10 * MINUTE;

const answerWith = (headers: CacheableAnswer['headers'], redirected = false): CacheableAnswer => ({
  status: 200,
  headers,
  redirected,
});
const fresh = (headers: CacheableAnswer['headers'], redirected = false): Freshness | undefined =>
  freshnessOf(answerWith(headers, redirected), UNSAID_MS, NOW);
/** To the second: what the library's own clock adds is less. */
const seconds = (found: Freshness | undefined): number | undefined =>
  found && Math.round((found.freshUntil - NOW) / SECOND);
const httpDate = (ms: number): string => new Date(ms).toUTCString();

test.each<[string, CacheableAnswer['headers'], number]>([
  ['max-age', { 'cache-control': 'public, max-age=120' }, 120],
  ['max-age before Expires', { 'cache-control': 'max-age=120', expires: httpDate(NOW + DAY) }, 120],
  ['Expires', { date: httpDate(NOW), expires: httpDate(NOW + 300 * SECOND) }, 300],
  ['s-maxage, which one cache of many users may go by', { 'cache-control': 's-maxage=300, max-age=5' }, 300],
  ['max-age of what is private', { 'cache-control': 'private, max-age=60, s-maxage=300' }, 60],
  ['what is left after Age', { 'cache-control': 'max-age=120', age: '50' }, 70],
  ['the first of two headers', { 'cache-control': ['max-age=90', 'public'] }, 90],
  ['nothing with no-cache', { 'cache-control': 'no-cache, max-age=120' }, 0],
  ['nothing with Expires: 0', { expires: '0' }, 0],
  ['nothing with max-age=0', { 'cache-control': 'max-age=0' }, 0],
  ['the setting where nothing is said', {}, UNSAID_MS / SECOND],
  ['a tenth of its age', { date: httpDate(NOW), 'last-modified': httpDate(NOW - 500 * MINUTE) }, 3_000],
  ['a day of what is years old', { date: httpDate(NOW), 'last-modified': httpDate(NOW - 3_650 * DAY) }, 86_400],
  ['a month of what is said to be good for years', { 'cache-control': 'max-age=31536000' }, 30 * 86_400],
])('an answer is fresh for %s', (_what, headers, expected) => {
  const found = seconds(fresh(headers));
  expect(found).toBeGreaterThanOrEqual(expected - 1);
  expect(found).toBeLessThanOrEqual(expected + 1);
});

test.each<[string, CacheableAnswer['headers']]>([
  ['no-store', { 'cache-control': 'no-store' }],
  ['no-store among others', { 'cache-control': ['max-age=60', 'no-store'] }],
  ['Vary: *', { 'cache-control': 'max-age=60', vary: '*' }],
  ['* among what it varies by', { 'cache-control': 'max-age=60', vary: 'accept, *' }],
])('an answer with %s is not kept', (_what, headers) => {
  expect(fresh(headers)).toBeUndefined();
});

test('what a redirect led to is not kept for longer than what nothing is said about', () => {
  expect(seconds(fresh({ 'cache-control': 'max-age=86400' }, true))).toBe(UNSAID_MS / SECOND);
});

test('a host is asked with the tag and the date it gave', () => {
  const date = httpDate(NOW - DAY);
  expect(fresh({ etag: 'W/"dove"', 'last-modified': date })?.validators).toEqual({
    'if-none-match': 'W/"dove"',
    'if-modified-since': date,
  });
});

test('304 renews how long it is fresh, and may bring another tag', () => {
  const known: Freshness = { freshUntil: NOW - 1, validators: { 'if-none-match': '"a"' } };
  const answer = { status: 304, headers: { etag: '"b"', 'cache-control': 'max-age=60' }, redirected: false };
  const found = refreshed(known, answer, UNSAID_MS, NOW);
  expect({ seconds: seconds(found), validators: found.validators }).toEqual({
    seconds: 60,
    validators: { 'if-none-match': '"b"' },
  });
});
