import {
  createTenantSchema,
  createUserSchema,
  updateTenantSchema,
  updateUserSchema,
} from '../../users/user-schemas.js';
import {
  allTenants,
  allUsers,
  erasingTenant,
  erasingTenantSchema,
  madeTenant,
  madeTenantSchema,
  madeUser,
  madeUserSchema,
  me,
  measuredExample,
  measuredTenantSchema,
  meSchema,
  newAdmin,
  newToken,
  newTokenSchema,
  oneTenant,
  oneUser,
  removedUser,
  removedUserSchema,
  tenantPath,
  tenantSchema,
  tenantsSchema,
  userPath,
  userSchema,
  usersSchema,
} from '../answers/user-answers.js';
import { DEVICE_ID } from '../answers/values.js';
import type { Operation } from '../operation.js';

export const userOperations = {
  'GET /me': {
    tag: 'Users',
    summary: 'Ask whose token this is',
    answers: { 200: { description: 'The user.', schema: meSchema, examples: { 'A user': me } } },
    errors: ['NOT_FOUND'],
  },
  'GET /users': {
    tag: 'Users',
    summary: 'List the users',
    answers: { 200: { description: 'All users of the tenant.', schema: usersSchema, examples: { Two: allUsers } } },
  },
  'POST /users': {
    tag: 'Users',
    summary: 'Make a user',
    description: '`devices` are those it may use; leave it out for all. An admin may always use all.',
    body: {
      schema: createUserSchema,
      examples: { 'For one device': { name: 'Ana', role: 'user', devices: [DEVICE_ID] } },
      eitherSpelling: true,
    },
    answers: {
      201: {
        description: 'The user, with its token.',
        headers: ['Location'],
        schema: madeUserSchema,
        examples: { Made: madeUser },
      },
    },
    errors: ['DEVICE_NOT_FOUND', 'RATE_LIMITED'],
  },
  'GET /users/:id': {
    tag: 'Users',
    summary: 'Read a user',
    path: userPath,
    answers: { 200: { description: 'The user.', schema: userSchema, examples: { 'A user': oneUser } } },
    errors: ['NOT_FOUND'],
  },
  'PATCH /users/:id': {
    tag: 'Users',
    summary: 'Change a user',
    description: 'What is left out stays. You cannot take your own access away.',
    path: userPath,
    body: { schema: updateUserSchema, examples: { Disable: { enabled: false } }, eitherSpelling: true },
    answers: { 200: { description: 'The user now.', schema: userSchema, examples: { Changed: oneUser } } },
    errors: ['NOT_FOUND', 'DEVICE_NOT_FOUND'],
  },
  'DELETE /users/:id': {
    tag: 'Users',
    summary: 'Remove a user',
    description:
      'Its token ends at once and the webhook endpoints it made are disabled; its messages stay. You cannot remove yourself.',
    path: userPath,
    answers: { 200: { description: 'It is gone.', schema: removedUserSchema, examples: { Removed: removedUser } } },
    errors: ['NOT_FOUND'],
  },
  'POST /users/:id/token': {
    tag: 'Users',
    summary: 'Replace a user’s token',
    description: 'The one before ends at once.',
    path: userPath,
    answers: { 201: { description: 'The new token.', schema: newTokenSchema, examples: { Made: newToken } } },
    errors: ['NOT_FOUND', 'RATE_LIMITED'],
  },
  'GET /tenants': {
    tag: 'Tenants',
    summary: 'List the tenants',
    answers: { 200: { description: 'All tenants.', schema: tenantsSchema, examples: { One: allTenants } } },
  },
  'POST /tenants': {
    tag: 'Tenants',
    summary: 'Make a tenant',
    description: 'With its first user, an admin.',
    body: { schema: createTenantSchema, examples: { 'A tenant': { name: 'Padaria São João' } }, eitherSpelling: true },
    answers: {
      201: {
        description: 'The tenant, and its admin’s token.',
        headers: ['Location'],
        schema: madeTenantSchema,
        examples: { Made: madeTenant },
      },
    },
    errors: ['RATE_LIMITED'],
  },
  'GET /tenants/:id': {
    tag: 'Tenants',
    summary: 'Read a tenant',
    path: tenantPath,
    answers: {
      200: { description: 'The tenant.', schema: measuredTenantSchema, examples: { 'A tenant': measuredExample } },
    },
    errors: ['NOT_FOUND'],
  },
  'PATCH /tenants/:id': {
    tag: 'Tenants',
    summary: 'Change a tenant',
    description: 'A tenant that is not `enabled` has its tokens refused; what it queued is still sent.',
    path: tenantPath,
    body: { schema: updateTenantSchema, examples: { Disable: { enabled: false } }, eitherSpelling: true },
    answers: { 200: { description: 'The tenant now.', schema: tenantSchema, examples: { Changed: oneTenant } } },
    errors: ['NOT_FOUND'],
  },
  'DELETE /tenants/:id': {
    tag: 'Tenants',
    summary: 'Remove a tenant with everything it has',
    description:
      'Its tokens end at once and nothing more is sent; devices, messages and users are erased in the background. Its phones go on listing a linked device until it is removed there.',
    path: tenantPath,
    answers: {
      202: {
        description: 'It is being erased; `GET /tenants/{id}` answers 404 once it is gone.',
        headers: ['Location'],
        schema: erasingTenantSchema,
        examples: { Erasing: erasingTenant },
      },
    },
    errors: ['NOT_FOUND'],
  },
  'POST /tenants/:id/token': {
    tag: 'Tenants',
    summary: 'Make another admin for a tenant',
    path: tenantPath,
    answers: {
      201: { description: 'The admin, and its token.', schema: madeUserSchema, examples: { Made: newAdmin } },
    },
    errors: ['NOT_FOUND', 'RATE_LIMITED'],
  },
} satisfies Record<string, Operation>;
