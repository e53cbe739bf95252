/**
 * Takes inline media out of a JSON body before it is parsed. As a string of V8's, a picture is copied and paged in three
 * times before it is decoded, which costs more than accepting the message; so its base64 stays where it arrived, and a
 * token that no client can know stands for it in the text.
 */
import { randomUUID } from 'node:crypto';

/** Token → base64, as it arrived. */
export type LiftedMedia = ReadonlyMap<string, Buffer>;

export interface LiftedBody {
  readonly text: string;
  readonly lifted: LiftedMedia;
}

/** Below this a string is cheap. */
const LONG_BYTES = 16 * 1024;
/** A body of more strings than this is no send with a picture, and is left to the parser. */
const MOST_STRINGS = 500;
const LONGEST_NAME = 32;
const [QUOTE, BACKSLASH] = ['"'.charCodeAt(0), '\\'.charCodeAt(0)];
const SECRET = randomUUID();

/** @param fields whose long values are lifted, where they stand at the top of the body and hold no escapes. */
export function liftMedia(json: Buffer, fields: ReadonlySet<string>): LiftedBody {
  const lifted = new Map<string, Buffer>();
  const pieces: Buffer[] = [];
  let kept = 0;
  for (const { from, to } of longValues(json, fields)) {
    const token = `${SECRET}:${lifted.size}`;
    lifted.set(token, json.subarray(from, to));
    pieces.push(json.subarray(kept, from), Buffer.from(token));
    kept = to;
  }
  if (kept === 0) return { text: json.toString(), lifted };
  return { text: Buffer.concat([...pieces, json.subarray(kept)]).toString(), lifted };
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Walks from string to string. What is not JSON may be walked wrongly: it does not parse without its media either. */
function* longValues(json: Buffer, fields: ReadonlySet<string>): Generator<Span> {
  if (json.length < LONG_BYTES) return;
  let name = '';
  let depth = 0;
  let after = 0;
  for (let strings = 0; strings < MOST_STRINGS; strings += 1) {
    const open = json.indexOf(QUOTE, after);
    const close = open < 0 ? -1 : endOfString(json, open + 1);
    if (close < 0) return;
    const between = json.toString('latin1', after, open);
    depth += depthChange(between);
    const isLong = close - open > LONG_BYTES;
    if (isLong && depth === 1 && between.trim() === ':' && fields.has(name)) {
      if (!json.subarray(open + 1, close).includes(BACKSLASH)) yield { from: open + 1, to: close };
    }
    name = close - open <= LONGEST_NAME ? json.toString('latin1', open + 1, close) : '';
    after = close + 1;
  }
}

/** A quote after an odd number of backslashes is part of the string. */
function endOfString(json: Buffer, from: number): number {
  for (let close = json.indexOf(QUOTE, from); close >= 0; close = json.indexOf(QUOTE, close + 1)) {
    let backslashes = 0;
    while (json[close - 1 - backslashes] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return close;
  }
  return -1;
}

function depthChange(between: string): number {
  let change = 0;
  for (const sign of between) {
    if (sign === '{' || sign === '[') change += 1;
    else if (sign === '}' || sign === ']') change -= 1;
  }
  return change;
}
