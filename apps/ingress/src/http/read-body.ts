/** A JSON body of a route that does not send: spellings, unknown fields and schema as everywhere. */
import type { RespellerOptions } from '@pombo/contracts';
import type { Request, Response } from 'express';
import type Joi from 'joi';
import { createSendValidator, type Warning } from '../sends/send-validator.js';
import type { NameField } from './field-problems.js';
import { parsePrefer } from './prefer.js';

export interface ReadBody<T> {
  readonly body: T;
  readonly nameField: NameField;
  /** What Pombo does not know is an error. */
  readonly strict: boolean;
  /** For the answer: `warnings`, where there are any. */
  readonly extras: { readonly warnings?: readonly Warning[] };
}

/** @throws PomboError VALIDATION_ERROR with every problem at once. */
export function readBody<T>(
  schema: Joi.ObjectSchema<T>,
  options?: RespellerOptions,
): (request: Request, response: Response) => ReadBody<T> {
  const validate = createSendValidator(schema, options);
  return (request, response) => {
    const { strict } = parsePrefer(request.get('prefer'));
    if (strict) response.set('Preference-Applied', 'handling=strict');
    const { body, warnings, nameField } = validate(request.body as Record<string, unknown>, strict);
    return { body, nameField, strict, extras: warnings.length > 0 ? { warnings } : {} };
  };
}
