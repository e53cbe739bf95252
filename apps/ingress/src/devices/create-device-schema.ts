import { PomboError } from '@pombo/contracts';
import Joi from 'joi';
import { fieldProblems, summarise } from '../http/field-problems.js';

export const createDeviceSchema = Joi.object<{ name: string }>({ name: Joi.string().trim().min(1).max(100).required() })
  .required()
  .prefs({ abortEarly: false, stripUnknown: true, errors: { wrap: { label: false } } });

/** The body of `POST /devices`. @throws PomboError VALIDATION_ERROR */
export function parseCreateDevice(body: unknown): { readonly name: string } {
  const result = createDeviceSchema.validate(body);
  if (!result.error) return result.value;
  const validation = fieldProblems(result.error, (key) => key);
  throw new PomboError('VALIDATION_ERROR', summarise(validation), { validation });
}
