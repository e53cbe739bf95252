/**
 * How long a download may stand for the next one of the same URL, by the rules of HTTP caching (RFC 9111), and what to
 * ask a host then to hear whether it still does.
 */
import { DAY } from '@pombo/runtime';
import CachePolicy from 'http-cache-semantics';

/** An answer of a media host, as far as caching goes by it. */
export interface CacheableAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Another URL answered: what the first one leads to may change before the answer does. */
  readonly redirected: boolean;
}

/** What is to be remembered of it; plain JSON. */
export interface Freshness {
  /** Milliseconds since the epoch; in the past for what must be asked about each time. */
  readonly freshUntil: number;
  /** Headers for a request that may be answered with 304. */
  readonly validators: Readonly<Record<string, string>>;
}

/** Pombo's own request: no cookies, no authorisation. What comes of it is kept for one tenant. */
const REQUEST = { url: '/', method: 'GET', headers: {} };
/** What a host says of caching, one way or another. */
const DIRECTIVES = ['cache-control', 'expires', 'pragma'];
/** At most so long a download is fresh because its file is old and nothing else is said. */
const LONGEST_GUESS_MS = DAY;
/** However long a host says: what is kept must not be kept for years. */
const LONGEST_MS = 30 * DAY;

/**
 * @param unsaidMs for how long an answer is fresh whose host says nothing about it
 * @returns undefined for what must not be kept
 */
export function freshnessOf(answer: CacheableAnswer, unsaidMs: number, now = Date.now()): Freshness | undefined {
  const { headers, redirected } = answer;
  const policy = policyOf(answer);
  if (!policy.storable() || listOf(headers['vary']).includes('*')) return undefined;
  const said = DIRECTIVES.some((name) => headers[name] !== undefined);
  const saidMs = policy.timeToLive();
  const freshMs = said ? Math.min(saidMs, LONGEST_MS) : Math.max(unsaidMs, Math.min(saidMs, LONGEST_GUESS_MS));
  return {
    freshUntil: now + (redirected ? Math.min(freshMs, unsaidMs) : freshMs),
    validators: validatorsOf(headers),
  };
}

/** A browser's rules, for what is a tenant's own; `s-maxage` counts as well, since all of a tenant's users have the same cache. */
function policyOf({ status, headers: sent }: CacheableAnswer): CachePolicy {
  // A header that was sent twice comes as a list, which the library does not expect.
  const headers = Object.fromEntries(
    Object.entries(sent).map(([name, value]) => [name, [value ?? []].flat().join(', ')]),
  );
  const directives = listOf(sent['cache-control']);
  const shared = directives.some((text) => text.startsWith('s-maxage')) && !directives.includes('private');
  return new CachePolicy(REQUEST, { status, headers }, { shared });
}

const listOf = (header: string | string[] | undefined): string[] =>
  [header ?? ''].flat().flatMap((text) => text.split(',').map((part) => part.trim().toLowerCase()));

/** What a 304 changes: it may carry new times and a new tag, and the rest holds on. */
export function refreshed(known: Freshness, answer: CacheableAnswer, unsaidMs: number, now = Date.now()): Freshness {
  // As of an answer with content: 304 says nothing about storing.
  const renewed = freshnessOf({ ...answer, status: 200 }, unsaidMs, now);
  if (!renewed) return { ...known, freshUntil: now };
  return { freshUntil: renewed.freshUntil, validators: { ...known.validators, ...renewed.validators } };
}

function validatorsOf(headers: CacheableAnswer['headers']): Record<string, string> {
  const { etag, 'last-modified': lastModified } = headers;
  return {
    ...(typeof etag === 'string' ? { 'if-none-match': etag } : {}),
    ...(typeof lastModified === 'string' ? { 'if-modified-since': lastModified } : {}),
  };
}
