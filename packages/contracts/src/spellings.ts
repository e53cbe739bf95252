/**
 * Every field may be written in camelCase or snake_case, and `number` is another spelling of `to`. Bodies are brought
 * to the schema's own spelling before they are validated; problems are reported in the spelling the client used.
 */
import type Joi from 'joi';

const toSnake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const toCamel = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());

const ALIASES: Readonly<Record<string, readonly string[]>> = { to: ['number'] };

/** Other spellings of one field, without its own. */
export function spellingsOf(field: string): string[] {
  const all = new Set([...(ALIASES[field] ?? []), toSnake(field), toCamel(field)]);
  all.delete(field);
  return [...all];
}

/** Top-level keys a Joi object schema declares. */
export function keysOf(schema: Joi.ObjectSchema): string[] {
  const description = schema.describe() as { keys?: Record<string, unknown> };
  return Object.keys(description.keys ?? {});
}

export interface Respelled {
  readonly body: Record<string, unknown>;
  /** Schema's spelling → what the client wrote. */
  readonly written: ReadonlyMap<string, string>;
  /** Fields no schema knows. */
  readonly unknown: readonly string[];
  /** Two spellings of one field with different values. */
  readonly conflicting: ReadonlyArray<readonly [string, string]>;
}

/** Compiles the spelling table of a schema once; the result is called for every request. */
export function createRespeller(schema: Joi.ObjectSchema): (body: Record<string, unknown>) => Respelled {
  const canonical = new Map<string, string>();
  for (const key of keysOf(schema)) {
    canonical.set(key, key);
    for (const spelling of spellingsOf(key)) canonical.set(spelling, key);
  }
  return (body) => respell(body, canonical);
}

function respell(body: Record<string, unknown>, canonical: ReadonlyMap<string, string>): Respelled {
  const result: Record<string, unknown> = {};
  const written = new Map<string, string>();
  const unknown: string[] = [];
  const conflicting: Array<readonly [string, string]> = [];
  for (const [field, value] of Object.entries(body)) {
    const key = canonical.get(field);
    if (key === undefined) {
      unknown.push(field);
      continue;
    }
    const earlier = written.get(key);
    if (earlier !== undefined && result[key] !== value) conflicting.push([earlier, field]);
    if (earlier !== undefined) continue;
    result[key] = value;
    written.set(key, field);
  }
  return { body: result, written, unknown, conflicting };
}
