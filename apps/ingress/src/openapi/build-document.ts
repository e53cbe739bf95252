/** The OpenAPI 3.1 document, made of the route table, the descriptions of its routes, and the schemas that validate. */
import type Joi from 'joi';
import { type Access, ROUTES, type RouteName, type RouteRow } from '../routes/route-table.js';
import { toBodySchema } from './body-schema.js';
import { errorAnswers, errorCodesOf, errorExamples } from './error-answers.js';
import { type Components, type JsonSchema, toJsonSchema } from './json-schema.js';
import { type Answer, type Examples, type Operation, type RequestBody, type RequestHeader, TAGS } from './operation.js';
import { OPERATIONS } from './operations.js';
import { readVersion } from './read-version.js';
import { errorSchema, HEADERS, PARAMETERS, REQUEST_ID_HEADER } from './shared-parts.js';

const INTRODUCTION = `Pombo sends WhatsApp messages at volume. POST a message and get its id at once; the message waits in a durable queue until a
worker has sent it, and the id tells what became of it.

Every field may be written in snake_case or camelCase. An optional field of a send that is null or an empty text counts as
not given. A field that nobody knows is named in \`warnings\`; with
\`Prefer: handling=strict\` it is an error. Times are RFC 3339 in UTC. Errors have one form; decide by \`error_code\`.`;

export function buildOpenApi() {
  const components: Components = new Map();
  toJsonSchema(errorSchema, { components, open: true });
  const paths: Record<string, Record<string, object>> = {};
  for (const [name, row] of Object.entries(ROUTES) as Array<[RouteName, RouteRow]>) {
    const [method = '', path = ''] = name.split(' ');
    const item = (paths[path.replace(/:(\w+)/g, '{$1}')] ??= {});
    item[method.toLowerCase()] = operationObject(name, OPERATIONS[name], row, components);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'The API of Pombo',
      version: readVersion(),
      description: INTRODUCTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'Where this document came from' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1))),
      examples: errorExamples(),
      parameters: PARAMETERS,
      headers: { ...HEADERS, 'X-Request-Id': REQUEST_ID_HEADER },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'The token of a user of your tenant: a UUID.' },
        master: { type: 'http', scheme: 'bearer', description: 'The operator’s token: the setting MASTER_TOKEN.' },
      },
    },
  };
}

const ROLE_NOTES: Partial<Record<Access, string>> = {
  manager: 'Needs the role `manager`.',
  admin: 'Needs the role `admin`.',
  master: 'Needs the master token.',
};

function securityOf(access: Access) {
  if (access === 'anyone') return [];
  return access === 'master' ? [{ master: [] }] : [{ token: [access] }];
}

function operationObject(name: RouteName, operation: Operation, row: RouteRow, components: Components) {
  const { tag, summary, description, body, takesFile, answers } = operation;
  const parameters = parametersOf(operation, components);
  const roleNote = ROLE_NOTES[row.access];
  const text = [
    ...(description === undefined ? [] : [description]),
    ...(roleNote === undefined ? [] : [roleNote]),
  ].join('\n\n');
  return {
    operationId: operationIdOf(name),
    tags: [tag],
    summary,
    ...(text === '' ? {} : { description: text }),
    security: securityOf(row.access),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: requestBodyObject(body, components) } : {}),
    ...(takesFile ? { requestBody: FILE_BODY } : {}),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, a]) => [status, answerObject(a, components)])),
      ...errorAnswers(errorCodesOf(operation, row)),
    },
  };
}

/** `POST /messages/:id/resend` → `postMessagesIdResend`. */
function operationIdOf(name: RouteName): string {
  const [first = '', ...words] = name.split(/\W+/).filter((word) => word !== '');
  return first.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function parametersOf({ path, query, body, headers = [] }: Operation, components: Components): object[] {
  const all = new Set<RequestHeader>([...(body ? (['Prefer'] as const) : []), ...headers]);
  return [
    ...parameterObjects(path, 'path', components),
    ...parameterObjects(query, 'query', components),
    ...[...all].map((name) => ({ $ref: `#/components/parameters/${name}` })),
  ];
}

function parameterObjects(schema: Joi.ObjectSchema | undefined, where: string, components: Components): object[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = toJsonSchema(schema, { components, open: false });
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: where,
    ...(description === undefined ? {} : { description }),
    ...(required.includes(name) ? { required: true } : {}),
    schema: rest,
  }));
}

function requestBodyObject(body: RequestBody, components: Components) {
  return { required: true, content: json(toBodySchema(body, components), body.examples) };
}

const FILE_BODY = {
  required: true,
  content: {
    'application/octet-stream': {},
    'multipart/form-data': {
      schema: {
        type: 'object',
        properties: { file: { type: 'string', contentMediaType: 'application/octet-stream' } },
        required: ['file'],
      },
    },
  },
};

function answerObject({ description, headers = [], schema, examples = {}, mediaType }: Answer, components: Components) {
  const names = [...headers, 'X-Request-Id'];
  const content = schema
    ? json(toJsonSchema(schema, { components, open: true }), examples)
    : { [mediaType ?? '*/*']: { schema: { type: 'string' } } };
  return {
    description,
    headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    content,
  };
}

function json(schema: JsonSchema, examples: Examples) {
  const named = Object.entries(examples).map(([summary, value]) => [slug(summary), { summary, value }] as const);
  return { 'application/json': { schema, ...(named.length > 0 ? { examples: Object.fromEntries(named) } : {}) } };
}

const slug = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
