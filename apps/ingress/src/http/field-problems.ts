/** What joi found, as the envelope reports it: in the client's own spelling, and without anything private. */
import type { FieldProblem } from '@pombo/contracts';
import type Joi from 'joi';

/** Path of a field in the schema's spelling (`sections[0].title`) → what to call it to this client. */
export type NameField = (path: string) => string;

/** Fields whose text may be shown back. All others may hold what a person wrote, a picture or a secret. */
const SHOWN: ReadonlySet<string> = new Set([
  'to',
  'delay',
  'device_id',
  'expires_in',
  'mentioned',
  'priority',
  'send_at',
  'viewOnce',
  'messageId',
  'media_id',
  'mime_type',
  'role',
  'status',
  'events',
]);
/** What is wrong with the body as a whole; joi calls it `value`. */
const BODY = 'body';
const MAX_SHOWN_LENGTH = 64;

/** What joi adds to a problem; which of these are there depends on its type. */
interface Context {
  readonly label?: string;
  readonly value?: unknown;
  readonly present?: readonly string[];
  readonly peers?: readonly string[];
}

export function fieldProblems(error: Joi.ValidationError, nameField: NameField): FieldProblem[] {
  return error.details.flatMap((detail) => problemsOf(detail, nameField));
}

function problemsOf({ message, path, context }: Joi.ValidationErrorItem, nameField: NameField): FieldProblem[] {
  const { label = '', value, present, peers } = (context ?? {}) as Context;
  const [key] = path;
  const fields = present ?? peers?.slice(0, 1);
  if (key === undefined && fields) return fields.map((k) => ({ field: nameField(k), message }));
  if (key === undefined) return [{ field: BODY, message: message.replace(label, BODY) }];
  const head = String(key);
  const field = nameField(label);
  const named = message.startsWith(label) ? field + message.slice(label.length) : message;
  return [{ field, message: named, ...shown(value, SHOWN.has(head)) }];
}

/** Numbers and flags are nothing that a person wrote. */
function shown(value: unknown, isTextShown: boolean): { value?: unknown } {
  if (typeof value === 'string' && isTextShown) return { value: value.slice(0, MAX_SHOWN_LENGTH) };
  if (value instanceof Date) return { value: value.toISOString() };
  return typeof value === 'number' || typeof value === 'boolean' ? { value } : {};
}

/** All problems in one sentence, for `error`. */
export function summarise(problems: readonly FieldProblem[]): string {
  const messages = [...new Set(problems.map(({ message }) => message))];
  const more = messages.length > 3 ? ` (and ${messages.length - 3} more)` : '';
  return messages.slice(0, 3).join('; ') + more;
}
