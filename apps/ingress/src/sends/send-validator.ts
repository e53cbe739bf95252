/** A `/send/*` body, checked: spellings, unknown fields, then the type's schema. Everything is compiled once per type. */
import {
  type CommonSend,
  createRespeller,
  type FieldProblem,
  keysOf,
  PomboError,
  type Respelled,
  spellingsOf,
} from '@pombo/contracts';
import type Joi from 'joi';
import { fieldProblems, type NameField, summarise } from '../http/field-problems.js';
import { nearestField } from './nearest-field.js';

/** Something the client should know although its message was accepted. */
export type Warning = Pick<FieldProblem, 'field' | 'message'>;

export interface ValidatedSend {
  readonly body: CommonSend;
  readonly warnings: readonly Warning[];
  readonly nameField: NameField;
}

/** @throws PomboError VALIDATION_ERROR with every problem at once. */
export type SendValidator = (body: Record<string, unknown>, strict: boolean) => ValidatedSend;

/** More unknown fields than this say the same again. */
const MAX_WARNINGS = 20;
const MAX_NAME_LENGTH = 64;
const JOI_OPTIONS: Joi.ValidationOptions = { abortEarly: false, errors: { wrap: { label: false } } };

/** How to call a field the client did not write. */
const ABSENT_NAMES: Readonly<Record<string, string>> = { to: 'number' };

export function createSendValidator(schema: Joi.ObjectSchema<CommonSend>): SendValidator {
  const checked = schema.prefs(JOI_OPTIONS).messages({ 'any.required': '{{#label}} is required' });
  const respell = createRespeller(schema);
  const known = keysOf(schema).flatMap((key) => [key, ...spellingsOf(key)]);

  return (given, strict) => {
    const respelled = respell(given);
    const nameField: NameField = (key) => respelled.written.get(key) ?? ABSENT_NAMES[key] ?? key;
    const unknown = describeUnknown(respelled.unknown, known, strict ? '' : ' and was not used');
    const result = checked.validate(respelled.body);
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
    return { field, message: `${field} is not a field of this message${consequence}${hint}` };
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
