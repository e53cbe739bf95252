import Joi from 'joi';

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

/** Date and time of day with an offset from UTC; a calendar knows best which of these days there are. */
const TIMESTAMP =
  /^(\d{4})-(\d\d)-(\d\d)[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

function isTimestamp(text: unknown): boolean {
  const [, year, month, day] = (typeof text === 'string' && TIMESTAMP.exec(text)) || [];
  // The day before the first of the next month.
  return day !== undefined && Number(day) <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
}

/**
 * Joi type for a time in a request. ISO 8601 allows more than RFC 3339 does: a time without an offset would be another one on
 * each server, and JavaScript moves the 30th of February into March.
 */
export const timeSchema = Joi.date()
  .iso()
  .custom((value: Date, helpers) => (isTimestamp(helpers.original) ? value : helpers.error('date.rfc3339')))
  .messages(
    Object.fromEntries(
      ['date.base', 'date.format', 'date.rfc3339'].map((type) => [
        type,
        '{{#label}} must be a time as RFC 3339 has it, with its offset from UTC, such as 2026-03-02T09:00:00Z',
      ]),
    ),
  );
