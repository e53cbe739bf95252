/**
 * What comes before the milliseconds is remembered for the seconds used last: the times of a message are told again and
 * again, and `toISOString` costs as much as the rest of what is said of it.
 */
const SECONDS_REMEMBERED = 64;
const seconds = new Float64Array(SECONDS_REMEMBERED).fill(NaN);
const texts: string[] = Array<string>(SECONDS_REMEMBERED).fill('');

/** @param ms since the epoch. @returns as the API writes times: UTC, milliseconds, `Z`. */
export function rfc3339(ms: number): string {
  if (!Number.isSafeInteger(ms) || ms < 0) return new Date(ms).toISOString();
  const second = Math.floor(ms / 1000);
  const place = second % SECONDS_REMEMBERED;
  if (seconds[place] !== second) {
    texts[place] = new Date(ms).toISOString().slice(0, -'000Z'.length);
    seconds[place] = second;
  }
  return `${texts[place] ?? ''}${String(ms % 1000).padStart(3, '0')}Z`;
}
