/** What the routes of users and tenants take. */
import { DEVICE_ID, isDeviceId } from '@pombo/contracts';
import { type Role, ROLES } from '@pombo/store';
import Joi from 'joi';

export interface CreateUserBody {
  readonly name: string;
  readonly role: Role;
  readonly devices: 'all' | readonly string[];
}

export type UpdateUserBody = Partial<CreateUserBody> & { readonly enabled?: boolean };

export interface CreateTenantBody {
  readonly name: string;
}

export type UpdateTenantBody = Partial<CreateTenantBody> & { readonly enabled?: boolean };

const MAX_DEVICES = 1_000;

const name = () => Joi.string().trim().min(1).max(100);
const role = () => Joi.string().valid(...ROLES);
const device = Joi.string()
  .custom((value: string, helpers) => (isDeviceId(value) ? value : helpers.error('any.invalid')))
  .meta({ jsonSchema: { pattern: DEVICE_ID.source } });
const devices = () =>
  Joi.alternatives(Joi.string().valid('all'), Joi.array().items(device).unique().max(MAX_DEVICES))
    .match('any')
    .messages({
      'alternatives.match': '{{#label}} must be "all" or an array of device ids',
      'alternatives.types': '{{#label}} must be "all" or an array of device ids',
    });

export const createUserSchema = Joi.object<CreateUserBody>({
  name: name().required(),
  role: role().default('user'),
  devices: devices().default('all'),
});

export const updateUserSchema = Joi.object<UpdateUserBody>({
  name: name(),
  role: role(),
  devices: devices(),
  enabled: Joi.boolean().strict(),
});

export const createTenantSchema = Joi.object<CreateTenantBody>({ name: name().required() });

export const updateTenantSchema = Joi.object<UpdateTenantBody>({ name: name(), enabled: Joi.boolean().strict() });
