/** A `/send/*` body, checked: spellings, unknown fields, then the type's schema. Everything is compiled once per type. */
import {
  type CommonSend,
  createQuickCheck,
  createRespeller,
  fieldNamesOf,
  type FieldProblem,
  messagesOf,
  PomboError,
  type Respelled,
  type RespellerOptions,
} from '@pombo/contracts';
import type Joi from 'joi';
import { fieldProblems, type NameField, summarise } from '../http/field-problems.js';
import { nearestField } from './nearest-field.js';

/** Something the client should know although its message was accepted. */
export type Warning = Pick<FieldProblem, 'field' | 'message'>;

export interface ValidatedSend<T = CommonSend> {
  readonly body: T;
  readonly warnings: readonly Warning[];
  readonly nameField: NameField;
}

/** @throws PomboError VALIDATION_ERROR with every problem at once. */
export type SendValidator<T = CommonSend> = (body: Record<string, unknown>, strict: boolean) => ValidatedSend<T>;

/** More unknown fields than this say the same again. */
const MAX_WARNINGS = 20;
const MAX_NAME_LENGTH = 64;
const JOI_OPTIONS: Joi.ValidationOptions = { abortEarly: false, errors: { wrap: { label: false } } };

/** How to call a field the client did not write. */
const ABSENT_NAMES: Readonly<Record<string, string>> = { to: 'number' };

export function createSendValidator<T = CommonSend>(
  schema: Joi.ObjectSchema<T>,
  options?: RespellerOptions,
): SendValidator<T> {
  const messages = { 'any.required': '{{#label}} is required', ...messagesOf(schema) };
  const checked = schema.prefs(JOI_OPTIONS).messages(messages);
  const validate = (body: Record<string, unknown>, strict: boolean): Lenient<T> => {
    // Joi merges preferences anew in each field that has some, unless it was given none: that way it says whether a body
    // is right, and only what is wrong with one needs ours.
    const result = schema.validate(body);
    if (!result.error) return { result, ignored: [] };
    return strict ? { result: checked.validate(body), ignored: [] } : validateLeniently(checked, body);
  };
  const respell = createRespeller(schema, options);
  const quickCheck = createQuickCheck(schema);
  const known = fieldNamesOf(schema);

  return (given, strict) => {
    const respelled = respell(given);
    const nameField: NameField = (path) => nameAsWritten(path, respelled.written);
    const quick = isClear(respelled) ? quickCheck(respelled.body) : undefined;
    if (quick) return { body: quick as T, warnings: [], nameField };
    const { result, ignored } = validate(respelled.body, strict);
    const unknown = describeUnknown(
      [...respelled.unknown, ...ignored.map(nameField)],
      known,
      strict ? '' : ' and was not used',
    );
    const problems = [
      ...conflictProblems(respelled),
      ...(result.error ? fieldProblems(result.error, nameField) : []),
      ...(strict ? unknown : []),
    ];
    if (result.error || problems.length > 0) {
      throw new PomboError('VALIDATION_ERROR', summarise(problems), { validation: problems });
    }
    return { body: result.value, warnings: unknown, nameField };
  };
}

/** Nothing about its fields' names has to be told. */
const isClear = ({ unknown, conflicting }: Respelled): boolean => unknown.length === 0 && conflicting.length === 0;

/** The client's own spelling; of a field it did not write, the schema's under the name the client gave its parent. */
function nameAsWritten(path: string, written: Respelled['written']): string {
  const known = written.get(path) ?? ABSENT_NAMES[path];
  if (known !== undefined) return known;
  const inner = /(?:\.[^.[\]]*|\[\d+\])$/.exec(path)?.[0];
  return inner === undefined ? path : nameAsWritten(path.slice(0, -inner.length), written) + inner;
}

interface Lenient<T> {
  readonly result: Joi.ValidationResult<T>;
  /** Paths of fields below the top that the schema does not know. */
  readonly ignored: readonly string[];
}

/** An unknown field inside another one is left out, if that is all that is wrong. */
function validateLeniently<T>(schema: Joi.ObjectSchema<T>, body: Record<string, unknown>): Lenient<T> {
  const result = schema.validate(body);
  const details = result.error?.details ?? [];
  if (details.length === 0 || details.some(({ type }) => type !== 'object.unknown')) return { result, ignored: [] };
  const ignored = details.map(({ context }) => (context as { label: string }).label);
  return { result: schema.validate(body, { stripUnknown: { objects: true } }), ignored };
}

/** For a request that takes no fields at all. @throws PomboError VALIDATION_ERROR when unknown fields are errors. */
export function warnOfFields(fields: readonly string[], strict: boolean): Warning[] {
  const unknown = describeUnknown(fields, [], strict ? '' : ' and was not used');
  if (!strict || unknown.length === 0) return unknown;
  throw new PomboError('VALIDATION_ERROR', summarise(unknown), { validation: unknown });
}

function describeUnknown(fields: readonly string[], known: readonly string[], consequence: string): Warning[] {
  return fields.slice(0, MAX_WARNINGS).map((given) => {
    const field = given.slice(0, MAX_NAME_LENGTH);
    const nearest = nearestField(field, known);
    const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
    return { field, message: `${field} is not a field of this request${consequence}${hint}` };
  });
}

function conflictProblems({ conflicting }: Respelled): FieldProblem[] {
  return conflicting.flatMap(([one, other]) => {
    const message = `${one} and ${other} are two spellings of one field and have different values`;
    return [
      { field: one, message },
      { field: other, message },
    ];
  });
}
