/** The JSON Schema of a request's body. The recipient's field is shown under both its names. */
import { type Components, type JsonSchema, present, toJsonSchema } from './json-schema.js';
import type { RequestBody } from './operation.js';

/** Unknown fields are let through with a warning, so the schema does not forbid them. */
export function toBodySchema({ schema, eitherSpelling }: RequestBody, components: Components): JsonSchema {
  const own = toJsonSchema(schema, { components, open: true, spellings: eitherSpelling ?? false });
  return own.properties?.['to'] ? withNumber(own, own.properties['to']) : own;
}

function withNumber(own: JsonSchema, to: JsonSchema): JsonSchema {
  const either = { anyOf: [present('number'), present('to')] };
  return {
    ...own,
    properties: {
      number: { ...to, description: 'To whom. Also: `to`.' },
      ...own.properties,
      to: { ...to, description: 'Another name of `number`.' },
    },
    required: (own.required ?? []).filter((name) => name !== 'to'),
    allOf: [...(own.allOf ?? []), either],
  };
}
