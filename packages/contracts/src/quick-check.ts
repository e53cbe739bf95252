/**
 * The short way to what joi makes of a body that is right. Joi visits every field that a schema has; this asks only those
 * that are there, and judges the plain ones by what the schema says of itself. Whatever it cannot judge, and everything
 * that is wrong, is left to joi.
 */
import type Joi from 'joi';
import { descriptionOf } from './description-of.js';

/** The validated value; undefined when it is for joi to say. */
type Take = (value: unknown) => unknown;

/** @returns what `schema.validate` would; undefined when joi must be asked. */
export type QuickCheck = (body: Readonly<Record<string, unknown>>) => Record<string, unknown> | undefined;

/** What a schema may say in its `meta` for this file. */
export interface QuickMeta {
  /** Does to a good value what the schema does, or leaves it to joi. */
  readonly take?: Take;
  /** Fields without which the custom rule of an object changes nothing. */
  readonly customOf?: readonly string[];
}

/** What joi says of a schema, as far as it is read here. */
interface Description {
  readonly type: string;
  readonly keys?: Readonly<Record<string, Description>>;
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly allow?: readonly unknown[];
  readonly rules?: ReadonlyArray<{ readonly name: string; readonly args?: { readonly limit?: number } }>;
  readonly dependencies?: ReadonlyArray<{ readonly rel: string; readonly peers: readonly string[] }>;
  readonly metas?: readonly QuickMeta[];
}

/** A field: what to do when it is there, and when it is not. */
interface Field {
  readonly take: Take;
  /** Makes the default. */
  readonly make?: () => unknown;
  readonly required: boolean;
}

export function createQuickCheck(schema: Joi.ObjectSchema): QuickCheck {
  const described = descriptionOf<Description>(schema);
  const keys = Object.entries(described.keys ?? {});
  if (!isPlainObject(described) || JSON.stringify(described).includes('"ref":')) return () => undefined;
  const fields = new Map(keys.map(([key, field]) => [key, createField(schema.extract(key), field)]));
  const expected = [...fields].filter(([, { make, required }]) => make ?? required);
  const isWhole = createWholeCheck(described);

  return (body) => {
    const value: Record<string, unknown> = {};
    for (const key of Object.keys(body)) {
      const taken = fields.get(key)?.take(body[key]);
      if (taken === undefined) return undefined;
      value[key] = taken;
    }
    for (const [key, { make }] of expected) {
      if (key in body) continue;
      if (!make) return undefined;
      value[key] = make();
    }
    return isWhole(value) ? value : undefined;
  };
}

const OBJECT_PARTS: ReadonlySet<string> = new Set(['type', 'keys', 'rules', 'dependencies', 'metas', 'preferences']);

/** Nothing but fields, what `createWholeCheck` knows, and texts. */
function isPlainObject(described: Description): boolean {
  const { rules = [], dependencies = [] } = described;
  return (
    Object.keys(described).every((part) => OBJECT_PARTS.has(part)) &&
    dependencies.every(({ rel }) => rel in RELATIONS) &&
    (rules.length === 0 || (rules.length === 1 && rules[0]?.name === 'custom' && customFieldsOf(described).length > 0))
  );
}

/** How many of the peers may be there. */
const RELATIONS: Readonly<Record<string, (present: number, peers: number) => boolean>> = {
  xor: (present) => present === 1,
  nand: (present, peers) => present < peers,
};

const customFieldsOf = ({ metas = [] }: Description): readonly string[] =>
  metas.flatMap(({ customOf = [] }) => customOf);

/** What concerns several fields. */
function createWholeCheck(described: Description): (value: Record<string, unknown>) => boolean {
  const { dependencies = [] } = described;
  const custom = customFieldsOf(described);
  return (value) =>
    !custom.some((key) => key in value) &&
    dependencies.every(({ rel, peers }) => {
      const present = peers.filter((key) => key in value).length;
      return RELATIONS[rel]?.(present, peers.length) ?? false;
    });
}

function createField(schema: Joi.Schema, described: Description): Field {
  const whenAbsent = schema.validate(undefined);
  const take = plainTake(described) ?? byJoi(schema);
  if (whenAbsent.error) return { take, required: true };
  const value: unknown = whenAbsent.value;
  return { take, required: false, ...(value === undefined ? {} : { make: makerOf(value) }) };
}

function byJoi(schema: Joi.Schema): Take {
  return (value) => {
    const result = schema.validate(value);
    return result.error ? undefined : (result.value as unknown);
  };
}

/** Objects are made anew each time, as joi does. */
function makerOf(value: unknown): () => unknown {
  if (Array.isArray(value) && value.length === 0) return () => [];
  return () => (typeof value === 'object' ? structuredClone(value) : value);
}

/** Flags that change nothing about a value that is there and not empty. */
const PLAIN_FLAGS: ReadonlySet<string> = new Set(['description', 'default', 'presence', 'empty']);
const PLAIN_PARTS: ReadonlySet<string> = new Set(['type', 'flags', 'rules', 'metas']);

function plainTake(described: Description): Take | undefined {
  const own = described.metas?.find(({ take }) => take)?.take;
  if (own) return own;
  const { type, flags = {}, allow = [] } = described;
  if (type === 'string' && flags['only'] === true && !described.rules) return oneOf(allow);
  const isPlain =
    Object.keys(described).every((part) => PLAIN_PARTS.has(part)) &&
    Object.keys(flags).every((flag) => PLAIN_FLAGS.has(flag));
  return isPlain ? PLAIN_TAKES[type]?.(limitsOf(described)) : undefined;
}

const oneOf =
  (allowed: readonly unknown[]): Take =>
  (value) =>
    allowed.includes(value) ? value : undefined;

interface Limits {
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
  /** Rules of other names. */
  readonly others: number;
}

function limitsOf({ rules = [] }: Description): Limits {
  const limit = (name: string) => rules.find((rule) => rule.name === name)?.args?.limit;
  const known = rules.filter(({ name }) => ['min', 'max', 'integer'].includes(name));
  return {
    min: limit('min') ?? -Infinity,
    max: limit('max') ?? Infinity,
    integer: rules.some(({ name }) => name === 'integer'),
    others: rules.length - known.length,
  };
}

const PLAIN_TAKES: Readonly<Record<string, (limits: Limits) => Take | undefined>> = {
  boolean: () => (value) => (typeof value === 'boolean' ? value : undefined),
  number({ min, max, integer, others }) {
    if (!integer || others > 0) return undefined;
    // Joi knows no -0.
    return (value) =>
      typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max ? value + 0 : undefined;
  },
  string({ min, max, integer, others }) {
    if (integer || others > 0) return undefined;
    return (value) =>
      typeof value === 'string' && value !== '' && value.length >= min && value.length <= max ? value : undefined;
  },
};
