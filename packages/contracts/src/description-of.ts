import type Joi from 'joi';

const known = new WeakMap<Joi.Schema, unknown>();

/** What joi says of a schema. Asked once each, since joi takes milliseconds for it. @typeParam T what is read of it. */
export function descriptionOf<T>(schema: Joi.Schema): T {
  if (!known.has(schema)) known.set(schema, schema.describe());
  return known.get(schema) as T;
}
