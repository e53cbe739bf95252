/**
 * From a joi schema to JSON Schema 2020-12, the dialect of OpenAPI 3.1. Joi writes most of it by itself; added here is
 * what it leaves out and a client has to know: which fields exclude or need one another, texts that may be empty, and
 * what `meta` says of rules that are code. What this file cannot express fails loudly rather than being left out.
 */
import { otherNamesOf } from '@pombo/contracts';
import type Joi from 'joi';

export interface JsonSchema {
  [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly allOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
}

/** What `schema.meta(…)` may say for this converter. */
interface DocumentMeta {
  /** Shared by its name under `components/schemas`. */
  readonly component?: string;
  /** Keywords for what a custom rule checks. */
  readonly jsonSchema?: JsonSchema;
}

/** The part of `describe()` that is read here. */
interface Described {
  readonly flags?: { readonly empty?: { readonly allow?: readonly unknown[] }; readonly presence?: string };
  readonly metas?: readonly DocumentMeta[];
  readonly dependencies?: readonly Dependency[];
  readonly whens?: readonly When[];
}

interface Dependency {
  readonly rel: string;
  readonly peers: readonly string[];
}

interface When {
  readonly ref?: { readonly path?: readonly string[] };
  readonly is?: { readonly type?: string; readonly flags?: { readonly presence?: string } };
  readonly then?: { readonly flags?: { readonly presence?: string } };
}

/** Schemas that are written once and referred to by name. */
export type Components = Map<string, JsonSchema>;

export interface Conversion {
  readonly components: Components;
  /** Objects may have fields that their schema does not name. */
  readonly open: boolean;
  /** Fields go by all their names. */
  readonly spellings?: boolean;
}

export function toJsonSchema(schema: Joi.Schema, conversion: Conversion): JsonSchema {
  const described = schema.describe() as Described;
  const { component, jsonSchema } = Object.assign({}, ...(described.metas ?? [])) as DocumentMeta;
  const converted = { ...convert(schema, described, conversion), ...jsonSchema };
  if (component === undefined) return converted;
  const { description, ...shared } = converted;
  conversion.components.set(component, shared);
  return { $ref: `#/components/schemas/${component}`, ...(description === undefined ? {} : { description }) };
}

function convert(schema: Joi.Schema, described: Described, conversion: Conversion): JsonSchema {
  const own = without('$schema', schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' }));
  const nested = { ...own, ...nestedIn(schema, own, conversion) };
  const whole = described.whens ? onlyBranch(nested) : nested;
  const opened = conversion.open && isClosed(whole) ? without('additionalProperties', whole) : whole;
  return { ...mayBeEmpty(mayBeNull(opened), described), ...relations(schema, described) };
}

const isClosed = (converted: JsonSchema): boolean => converted['additionalProperties'] === false;

/** All of a schema but one keyword. */
export function without(keyword: string, schema: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== keyword));
}

/** The parts of a schema that are schemas themselves, so that what is added here is added at every depth. */
function nestedIn(schema: Joi.Schema, own: JsonSchema, conversion: Conversion): Partial<JsonSchema> {
  const terms = schema.$_terms;
  if (schema.type === 'object' && own.properties) {
    const keys = terms['keys'] as readonly Child[];
    return { properties: Object.fromEntries(keys.map((child) => [child.key, property(child, conversion)])) };
  }
  if (schema.type === 'array') return nestedInArray(schema, own, conversion);
  if (schema.type === 'alternatives') return nestedInAlternatives(schema, conversion);
  return {};
}

interface Child {
  readonly key: string;
  readonly schema: Joi.Schema;
}

function property({ key, schema }: Child, conversion: Conversion): JsonSchema {
  const converted = toJsonSchema(schema, conversion);
  const others = conversion.spellings ? otherNamesOf(key, schema) : [];
  if (others.length === 0) return converted;
  const also = `Also: ${others.map((name) => `\`${name}\``).join(', ')}.`;
  const description = converted.description === undefined ? also : `${converted.description} ${also}`;
  return { ...converted, description };
}

function nestedInArray(schema: Joi.Schema, own: JsonSchema, conversion: Conversion): Partial<JsonSchema> {
  const items = schema.$_terms['items'] as readonly Joi.Schema[];
  const [first] = items;
  if (!first) return {};
  if (items.length > 1) throw new Error('arrays of several kinds cannot be documented yet');
  const item = toJsonSchema(first, conversion);
  if (!own.anyOf) return { items: item };
  // `single()`: one item may stand for an array of one.
  const { description, ...array } = own.anyOf[0] ?? {};
  return { anyOf: [{ ...array, items: item }, item], ...(description === undefined ? {} : { description }) };
}

interface Match {
  readonly schema?: Joi.Schema;
  readonly then?: Joi.Schema;
  readonly otherwise?: Joi.Schema;
}

function nestedInAlternatives(schema: Joi.Schema, conversion: Conversion): Partial<JsonSchema> {
  const matches = schema.$_terms['matches'] as readonly Match[];
  const branches = matches.flatMap(({ schema: s, then, otherwise }) =>
    [s, then, otherwise].filter((b) => b !== undefined),
  );
  return { anyOf: branches.map((branch) => toJsonSchema(branch, conversion)) };
}

/** A condition that only makes a field required leaves one way to write it; `relations` says when. */
function onlyBranch(converted: JsonSchema): JsonSchema {
  const [only, ...others] = converted.anyOf ?? [];
  if (!only || others.length > 0) throw new Error('a condition that changes a field cannot be documented yet');
  return only;
}

/** Joi names null among the types, and forgets it among the values. */
function mayBeNull(converted: JsonSchema): JsonSchema {
  const { type, enum: values } = converted;
  if (!Array.isArray(values) || !Array.isArray(type) || !type.includes('null')) return converted;
  return { ...converted, enum: [...(values as unknown[]), null] };
}

/** Joi lets `empty('')` through as if the field were not there. */
function mayBeEmpty(converted: JsonSchema, { flags }: Described): JsonSchema {
  if (!flags?.empty?.allow?.includes('') || flags.presence === 'required') return converted;
  const isMoreThanText = ['pattern', 'enum', 'format'].some((keyword) => keyword in converted);
  if (isMoreThanText) return { anyOf: [{ const: '' }, converted] };
  return without('minLength', converted);
}

/** Rules between the fields of an object. */
function relations(schema: Joi.Schema, { dependencies = [] }: Described): JsonSchema {
  if (schema.type !== 'object') return {};
  const rules = dependencies.map(relation);
  const needed = conditionallyRequired(schema);
  if (Object.keys(needed).length > 0) rules.push({ dependentRequired: needed });
  return rules.length > 1 ? { allOf: rules } : (rules[0] ?? {});
}

/** With a title, since a reader of the page sees nothing else of it. */
export const present = (name: string): JsonSchema => ({ title: `with ${name}`, required: [name] });

function relation({ rel, peers }: Dependency): JsonSchema {
  if (rel === 'xor') return { oneOf: peers.map(present) };
  if (rel === 'or') return { anyOf: peers.map(present) };
  if (rel === 'nand') return { not: { required: peers } };
  throw new Error(`the relation ${rel} between fields cannot be documented yet`);
}

/** `when(other, { is: Joi.exist(), then: Joi.required() })`. */
function conditionallyRequired(schema: Joi.Schema): Record<string, string[]> {
  const needed: Record<string, string[]> = {};
  const { keys = {} } = schema.describe() as { keys?: Record<string, Described> };
  for (const [name, { whens = [] }] of Object.entries(keys)) {
    for (const { ref, is, then } of whens) {
      const other = ref?.path?.[0];
      if (other === undefined || is?.type !== 'any' || then?.flags?.presence !== 'required') {
        throw new Error(`the condition of ${name} cannot be documented yet`);
      }
      (needed[other] ??= []).push(name);
    }
  }
  return needed;
}
