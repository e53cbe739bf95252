/** What `GET /messages` can be asked for. */
import { createRespeller, MESSAGE_STATES, type MessageState, PomboError } from '@pombo/contracts';
import { decodePlace, type Place } from '@pombo/store';
import Joi from 'joi';
import { fieldProblems, summarise } from '../http/field-problems.js';

export interface ListQuery {
  readonly status?: MessageState;
  readonly device_id?: string;
  readonly client_reference?: string;
  readonly after?: Place;
  readonly limit: number;
}

const MAX_LIMIT = 100;
const DEFAULT_LIMIT = 50;

export const listQuerySchema = Joi.object<ListQuery>({
  status: Joi.string().valid(...MESSAGE_STATES),
  device_id: Joi.string().max(64),
  client_reference: Joi.string().max(128),
  after: Joi.string()
    .description('The `next` of the page before.')
    .max(256)
    .custom((value: string, helpers) => decodePlace(value) ?? helpers.error('list.after')),
  limit: Joi.number().integer().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
})
  .messages({
    'list.after': '{{#label}} must be the next of an earlier answer',
  })
  .prefs({ abortEarly: false, errors: { wrap: { label: false } } });

const respell = createRespeller(listQuerySchema, { blanksAreAbsent: true });

/** Parameters that Pombo does not know are ignored. @throws PomboError VALIDATION_ERROR */
export function parseListQuery(query: Record<string, unknown>): ListQuery {
  const { body, written } = respell(query);
  const result = listQuerySchema.validate(body);
  if (!result.error) return result.value;
  const problems = fieldProblems(result.error, (key) => written.get(key) ?? key);
  throw new PomboError('VALIDATION_ERROR', summarise(problems), { validation: problems });
}
