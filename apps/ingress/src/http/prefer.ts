/** The `Prefer` header of RFC 7240. */

/** Longest a request may wait for its message's outcome, in seconds. */
const MAX_WAIT_SECONDS = 60;

/** What of it Pombo understands; preferences it does not know are ignored, as the RFC wants. */
export interface Preferences {
  /** Seconds to wait for the outcome; undefined when the client said nothing. */
  readonly waitSeconds?: number;
  /** Unknown fields are errors. */
  readonly strict: boolean;
  /** Value for the `Preference-Applied` header; empty when none. */
  readonly applied: string;
}

/** Commas and semicolons inside quotes do not separate. */
const PREFERENCE = /(?:"(?:[^"\\]|\\.)*"|[^",])+/g;
const PART = /(?:"(?:[^"\\]|\\.)*"|[^";])+/g;

/** @param header several `Prefer` headers joined by commas, as Node does. */
export function parsePrefer(header: string | undefined): Preferences {
  const given = readPreferences(header ?? '');
  const wait = readWait(given);
  const strict = given.get('handling') === 'strict';
  const applied = [...(wait?.applied ?? []), ...(strict ? ['handling=strict'] : [])].join(', ');
  return { strict, applied, ...(wait === undefined ? {} : { waitSeconds: wait.seconds }) };
}

/** The first of several preferences with one name counts. */
function readPreferences(header: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const preference of header.match(PREFERENCE) ?? []) {
    const [name = '', value = ''] = splitOnce(preference.match(PART)?.[0] ?? '');
    if (name !== '' && !found.has(name)) found.set(name, value);
  }
  return found;
}

function splitOnce(preference: string): [string, string] {
  const equals = preference.indexOf('=');
  if (equals < 0) return [preference.trim().toLowerCase(), ''];
  return [preference.slice(0, equals).trim().toLowerCase(), unquote(preference.slice(equals + 1).trim())];
}

function unquote(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
}

/** `respond-async` without `wait` asks for an answer at once, whatever the default. */
function readWait(given: ReadonlyMap<string, string>): { seconds: number; applied: string[] } | undefined {
  const wait = given.get('wait');
  if (wait !== undefined && /^\d{1,9}$/.test(wait)) {
    const seconds = Math.min(Number(wait), MAX_WAIT_SECONDS);
    return { seconds, applied: [`wait=${seconds}`] };
  }
  return given.has('respond-async') ? { seconds: 0, applied: ['respond-async'] } : undefined;
}
