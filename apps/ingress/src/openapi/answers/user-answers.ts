/** What the routes about users and tenants answer. */
import { ROLES } from '@pombo/store';
import Joi from 'joi';
import { count, DEVICE_ID, deviceId, success, TIME, timestamp, warnings } from './values.js';

const userId = Joi.string().pattern(/^usr_[0-9a-f]{20}$/);
const tenantId = Joi.string().pattern(/^ten_[0-9a-f]{20}$/);
const token = Joi.string().guid({ version: 'uuidv4' }).required().description('Shown in this answer only.');

const user = Joi.object({
  id: userId.required(),
  name: Joi.string().required(),
  role: Joi.string()
    .valid(...ROLES)
    .required(),
  devices: Joi.alternatives(Joi.valid('all'), Joi.array().items(deviceId))
    .required()
    .description('The devices it may use.'),
  enabled: Joi.boolean().required(),
  created_at: timestamp.required(),
  token_created_at: timestamp.allow(null).required(),
})
  .required()
  .meta({ component: 'User' });

const tenantKeys = {
  id: tenantId.required(),
  name: Joi.string().required(),
  enabled: Joi.boolean().required(),
  status: Joi.string().valid('active', 'erasing').required(),
  created_at: timestamp.required(),
};
const tenant = Joi.object(tenantKeys).required().meta({ component: 'Tenant' });
const measuredTenant = Joi.object({
  ...tenantKeys,
  user_count: count.required(),
  device_count: count.required(),
  queue_depth: count.required().description('Messages waiting, all devices together.'),
}).required();

export const userPath = Joi.object({ id: userId.required() });
export const tenantPath = Joi.object({ id: tenantId.required() });

export const meSchema = Joi.object({ success, tenant_id: tenantId.required(), user });
export const userSchema = Joi.object({ success, user, warnings });
export const usersSchema = Joi.object({ success, users: Joi.array().items(user).required() });
export const madeUserSchema = Joi.object({ success, user, token, warnings });
export const removedUserSchema = Joi.object({ success, user_id: userId.required() });
export const newTokenSchema = Joi.object({ success, user_id: userId.required(), token });
export const madeTenantSchema = Joi.object({ success, tenant, user, token, warnings });
export const tenantSchema = Joi.object({ success, tenant, warnings });
export const measuredTenantSchema = Joi.object({ success, tenant: measuredTenant });
export const tenantsSchema = Joi.object({ success, tenants: Joi.array().items(tenant).required() });

export const erasingTenantSchema = Joi.object({
  success,
  tenant_id: tenantId.required(),
  status: Joi.string().valid('erasing').required(),
});

const TENANT_ID = 'ten_5b1f0c7e92d34a68b0e1';
const TOKEN = 'c9bf9e57-1685-4c89-bafb-ff5af830be8a';

export const exampleUser = {
  id: 'usr_0f3a9c5e7d124b86a9c0',
  name: 'Ana',
  role: 'user',
  devices: [DEVICE_ID],
  enabled: true,
  created_at: TIME,
  token_created_at: TIME,
};
const exampleAdmin = { ...exampleUser, id: 'usr_1d2c3b4a5f6e7d8c9b0a', name: 'admin', role: 'admin', devices: 'all' };
const exampleTenant = { id: TENANT_ID, name: 'Padaria São João', enabled: true, status: 'active', created_at: TIME };

export const me = { success: true, tenant_id: TENANT_ID, user: exampleUser };
export const oneUser = { success: true, user: exampleUser };
export const allUsers = { success: true, users: [exampleAdmin, exampleUser] };
export const madeUser = { success: true, user: exampleUser, token: TOKEN };
export const removedUser = { success: true, user_id: exampleUser.id };
export const newToken = { success: true, user_id: exampleUser.id, token: TOKEN };
export const madeTenant = { success: true, tenant: exampleTenant, user: exampleAdmin, token: TOKEN };
export const newAdmin = { success: true, user: exampleAdmin, token: TOKEN };
export const oneTenant = { success: true, tenant: exampleTenant };
export const measuredExample = {
  success: true,
  tenant: { ...exampleTenant, user_count: 2, device_count: 1, queue_depth: 12 },
};
export const allTenants = { success: true, tenants: [exampleTenant] };
export const erasingTenant = { success: true, tenant_id: TENANT_ID, status: 'erasing' };
