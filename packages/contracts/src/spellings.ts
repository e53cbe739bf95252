/**
 * Every field may be written in camelCase or snake_case, at any depth, and some have other names besides: `number` for
 * `to`, and what a schema lists as `aliases` in a key's `meta`. Bodies are brought to the schema's own spelling before
 * they are validated; problems are reported in the spelling the client used.
 */
import type Joi from 'joi';
import { descriptionOf } from './description-of.js';

const toSnake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const toCamel = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());

/** What joi says of a schema, as far as it is read here. */
interface Description {
  readonly keys?: Readonly<Record<string, Description>>;
  readonly items?: readonly Description[];
  readonly flags?: { readonly presence?: string };
  readonly allow?: readonly unknown[];
  readonly matches?: ReadonlyArray<Readonly<Record<string, Description | undefined>>>;
  readonly metas?: ReadonlyArray<{ readonly aliases?: readonly string[] }>;
}

/** What may stand inside a value: its fields under all their names, and the items of a list. */
interface Shape {
  readonly fields: ReadonlyMap<string, Field>;
  readonly items: Shape | undefined;
}

interface Field {
  readonly key: string;
  readonly shape: Shape;
  /** Values that say nothing, as if the field were not there. */
  readonly blanks: ReadonlySet<unknown>;
}

const describe = (schema: Joi.Schema): Description => descriptionOf(schema);

/** Every name of a field, its own first. */
function namesOf(field: string, { metas = [] }: Description): string[] {
  const names = [field, ...metas.flatMap(({ aliases = [] }) => aliases)];
  return [...new Set(names.flatMap((name) => [name, toSnake(name), toCamel(name)]))];
}

const NO_BLANKS: ReadonlySet<unknown> = new Set();

/** Null and the empty text, unless the field is required or means something by them. */
function blanksOf({ flags, allow = [] }: Description): ReadonlySet<unknown> {
  if (flags?.presence === 'required') return NO_BLANKS;
  return new Set([null, ''].filter((value) => !allow.includes(value)));
}

function shapeOf(descriptions: readonly Description[], options: RespellerOptions): Shape {
  const all = descriptions.flatMap(alternativesOf);
  const fields = new Map<string, Field>();
  for (const [key, field] of all.flatMap(({ keys = {} }) => Object.entries(keys))) {
    const blanks = options.blanksAreAbsent ? blanksOf(field) : NO_BLANKS;
    const entry = { key, shape: shapeOf([field], options), blanks };
    for (const name of namesOf(key, field)) fields.set(name, entry);
  }
  const items = all.flatMap((description) => description.items ?? []);
  return { fields, items: items.length > 0 ? shapeOf(items, options) : undefined };
}

/** A value that may be one of several things has the fields of all of them. */
function alternativesOf(description: Description): Description[] {
  const inner = (description.matches ?? []).flatMap((match) => Object.values(match));
  const several = inner.filter((value) => typeof value === 'object').flatMap(alternativesOf);
  return several.length > 0 ? several : [description];
}

/** Top-level keys a Joi object schema declares. */
export function keysOf(schema: Joi.ObjectSchema): string[] {
  return Object.keys(describe(schema).keys ?? {});
}

/** Top-level keys a Joi object schema declares, under every name they go by. */
export function fieldNamesOf(schema: Joi.ObjectSchema): string[] {
  return Object.entries(describe(schema).keys ?? {}).flatMap(([key, field]) => namesOf(key, field));
}

/** Other names of a field, without its own. @param key under which an object has `schema`. */
export function otherNamesOf(key: string, schema: Joi.Schema): string[] {
  return namesOf(key, describe(schema)).filter((name) => name !== key);
}

export interface Respelled {
  readonly body: Record<string, unknown>;
  /** Path in the schema's spelling (`contacts[0].full_name`) → in the client's, where the two differ or stand at the top. */
  readonly written: ReadonlyMap<string, string>;
  /** Fields at the top that the schema does not know. */
  readonly unknown: readonly string[];
  /** Two spellings of one field with different values. */
  readonly conflicting: ReadonlyArray<readonly [string, string]>;
}

export interface RespellerOptions {
  /**
   * Optional fields that are null or empty texts count as not there: clients in languages that know no absent field send
   * them. Not for changes, where they would say that something is to be removed.
   */
  readonly blanksAreAbsent?: boolean;
}

/** Compiles the spelling table of a schema once; the result is called for every request. */
export function createRespeller(
  schema: Joi.ObjectSchema,
  options: RespellerOptions = {},
): (body: Record<string, unknown>) => Respelled {
  const shape = shapeOf([describe(schema)], options);
  return (body) => {
    const plain = respellPlain(body, shape);
    if (plain) return plain;
    const written = new Map<string, string>();
    const conflicting: Array<readonly [string, string]> = [];
    const unknown = Object.keys(body).filter((field) => !shape.fields.has(field));
    const known = Object.fromEntries(Object.entries(body).filter(([field]) => shape.fields.has(field)));
    const respelled = respellObject(known, shape, '', { written, conflicting });
    return { body: respelled, written, unknown, conflicting };
  };
}

const NOTHING: readonly never[] = [];

/** The usual body: known fields, each once, with nothing inside them. Undefined for any other. */
function respellPlain(body: Readonly<Record<string, unknown>>, { fields }: Shape): Respelled | undefined {
  const respelled: Record<string, unknown> = {};
  for (const field of Object.keys(body)) {
    const { key, blanks = NO_BLANKS } = fields.get(field) ?? {};
    const value = body[field];
    if (blanks.has(value)) continue;
    if (key === undefined || key in respelled || (typeof value === 'object' && value !== null)) return undefined;
    respelled[key] = value;
  }
  return {
    body: respelled,
    unknown: NOTHING,
    conflicting: NOTHING,
    get written() {
      return new Map(Object.keys(body).map((field) => [fields.get(field)?.key ?? field, field]));
    },
  };
}

interface Findings {
  readonly written: Map<string, string>;
  readonly conflicting: Array<readonly [string, string]>;
}

function respell(value: unknown, shape: Shape, path: string, findings: Findings): unknown {
  if (Array.isArray(value)) {
    const { items } = shape;
    return items ? value.map((item, place) => respell(item, items, `${path}[${place}]`, findings)) : (value as unknown);
  }
  if (typeof value !== 'object' || value === null || shape.fields.size === 0) return value;
  return respellObject(value as Record<string, unknown>, shape, `${path}.`, findings);
}

function respellObject(
  given: Readonly<Record<string, unknown>>,
  shape: Shape,
  path: string,
  findings: Findings,
): Record<string, unknown> {
  const entries = new Map<string, unknown>();
  for (const [field, value] of Object.entries(given)) {
    const known = shape.fields.get(field);
    if (known?.blanks.has(value)) continue;
    const key = known?.key ?? field;
    const earlier = findings.written.get(path + key);
    if (earlier !== undefined) {
      if (entries.get(key) !== value) findings.conflicting.push([earlier, path + field]);
      continue;
    }
    findings.written.set(path + key, path + field);
    entries.set(key, known ? respell(value, known.shape, path + key, findings) : value);
  }
  return Object.fromEntries(entries);
}
