/**
 * Users of tenants, and the tokens that name them. A user's own hash says which token counts: so a token ends in one
 * step, wherever its key is, and what a crash leaves behind is worth nothing and removed by the next change.
 */
import { randomUUID } from 'node:crypto';
import { PomboError } from '@pombo/contracts';
import { type Redis, SECOND } from '@pombo/runtime';
import type { Result } from 'ioredis';
import { encodeChange } from './changes.js';
import type { Keys } from './keys.js';
import {
  ALLOW_DEVICE,
  CREATE_USER,
  PREPARE_TOKEN,
  RETIRE_USER,
  SWITCH_TOKEN,
  UPDATE_IF_THERE,
} from './scripts/user-scripts.js';
import { devicesOf } from './devices-of-user.js';
import { createToken, hashToken, sameHash } from './tokens.js';
import { followUser } from './webhooks/follow-user.js';
import type { WebhookEndpoints } from './webhooks/webhook-endpoints.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboAllowDevice(...args: string[]): Result<number, Context>;
    pomboCreateUser(...args: Array<string | number>): Result<number, Context>;
    pomboUpdateIfThere(...args: Array<string | number>): Result<number, Context>;
    pomboPrepareToken(...args: Array<string | number>): Result<string[], Context>;
    pomboSwitchToken(...args: Array<string | number>): Result<[number, (string | null)?], Context>;
    pomboRetireUser(...args: Array<string | number>): Result<[number, ...string[]], Context>;
  }
}

/** The mightiest first: each may do what those after it may. */
export const ROLES = ['admin', 'manager', 'user'] as const;
export type Role = (typeof ROLES)[number];

/** Whom a token names. */
export interface Caller {
  readonly tenantId: string;
  readonly userId: string;
  readonly role: Role;
  /** The devices it may use; all of the tenant's where it is absent. */
  readonly devices?: readonly string[];
}

export interface UserDraft {
  readonly name: string;
  readonly role: Role;
  /** Devices it may use; `undefined` for all. */
  readonly devices: readonly string[] | undefined;
}

export interface UserChanges {
  readonly name?: string;
  readonly role?: Role;
  readonly devices?: readonly string[] | 'all';
  readonly enabled?: boolean;
}

export interface User extends UserDraft {
  readonly id: string;
  readonly tenantId: string;
  readonly enabled: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** When the token that counts was made; undefined for a user that never had one. */
  readonly tokenAt: number | undefined;
}

export interface Users {
  /** @returns the token in the clear: the only time it can be seen. @throws PomboError NOT_FOUND: no such tenant. */
  create(tenantId: string, draft: UserDraft): Promise<{ user: User; token: string }>;
  read(tenantId: string, userId: string): Promise<User | undefined>;
  /** Oldest first. */
  list(tenantId: string): Promise<User[]>;
  /** @returns the user as it is now; undefined when there is none. */
  update(tenantId: string, userId: string, changes: UserChanges): Promise<User | undefined>;
  /** Adds a device to those a user may use; one who may use all is left as it is. */
  allowDevice(tenantId: string, userId: string, deviceId: string): Promise<void>;
  /** A new token; the one before ends at once. @throws PomboError NOT_FOUND, RATE_LIMITED while another change is under way. */
  rotateToken(tenantId: string, userId: string): Promise<string>;
  /**
   * Brings the webhook endpoints of a user in line with what it may do now, as every change of a user does: for whoever
   * has just made or changed one of them.
   */
  boundEndpoints(tenantId: string, userId: string): Promise<void>;
  /** Its token ends at once, and its webhook endpoints are disabled. @returns false when there was no such user. */
  remove(tenantId: string, userId: string): Promise<boolean>;
  /** @param tokenHash from `hashToken`. @returns undefined for a token nobody has, or whose user or tenant is disabled. */
  findCaller(tokenHash: string): Promise<Caller | undefined>;
}

const USER_ID = /^usr_[0-9a-f]{20}$/;
/** A change of token that takes longer has died: its few commands take milliseconds. */
const CHANGE_MS = 10 * SECOND;
const ALL_DEVICES = '*';

/** @param endpoints of the same connection. */
export function createUsers(
  redis: Redis,
  keys: Keys,
  endpoints: Pick<WebhookEndpoints, 'listOfTenant' | 'change'>,
): Users {
  defineScripts(redis);
  const changeOf = (userId: string): [string, string] => [keys.changes, encodeChange({ kind: 'user', id: userId })];
  const forgetTokens = (hashes: readonly string[]) => Promise.all(hashes.map((hash) => redis.del(keys.token(hash))));

  const read = async (tenantId: string, userId: string): Promise<User | undefined> => {
    if (!USER_ID.test(userId)) return undefined;
    const fields = await redis.hgetall(keys.user(tenantId, userId));
    return fields['id'] === undefined || fields['gone'] ? undefined : userFromFields(tenantId, fields);
  };

  const boundEndpoints = async (tenantId: string, userId: string): Promise<void> =>
    followUser(endpoints, tenantId, userId, await read(tenantId, userId));

  const rotateToken = async (tenantId: string, userId: string): Promise<string> => {
    if (!(await read(tenantId, userId))) throw noSuchUser();
    const key = keys.user(tenantId, userId);
    const token = createToken();
    const hash = hashToken(token) ?? '';
    const [verdict, ...left] = await redis.pomboPrepareToken(key, hash, CHANGE_MS);
    if (verdict === 'gone') throw noSuchUser();
    if (verdict === 'busy') throw beingChanged();
    await forgetTokens(left);
    await redis.hset(keys.token(hash), { hash, tenant: tenantId, user: userId });
    const [switched, before] = await redis.pomboSwitchToken(key, hash, Date.now(), ...changeOf(userId));
    if (switched === 0) {
      await forgetTokens([hash]);
      throw beingChanged();
    }
    if (before) {
      await forgetTokens([before]);
      await redis.hdel(key, 'old');
    }
    return token;
  };

  return {
    async create(tenantId, draft) {
      const id = `usr_${randomUUID().replaceAll('-', '').slice(0, 20)}`;
      const fields = [...changesToFields({ ...draft, devices: draft.devices ?? 'all' }), 'created', Date.now()];
      const userKeys = [keys.tenant(tenantId), keys.tenantUsers(tenantId), keys.user(tenantId, id)];
      if ((await redis.pomboCreateUser(...userKeys, id, ...fields)) === 0) throw noSuchTenant();
      const token = await rotateToken(tenantId, id);
      const user = await read(tenantId, id);
      if (!user) throw noSuchUser();
      return { user, token };
    },
    read,
    async list(tenantId) {
      const ids = await redis.smembers(keys.tenantUsers(tenantId));
      const found = await Promise.all(ids.map((id) => read(tenantId, id)));
      return found.filter((user) => user !== undefined).sort((a, b) => a.createdAt - b.createdAt);
    },
    async update(tenantId, userId, changes) {
      if (!(await read(tenantId, userId))) return undefined;
      const fields = changesToFields(changes);
      if (fields.length > 0)
        await redis.pomboUpdateIfThere(keys.user(tenantId, userId), ...changeOf(userId), ...fields);
      await boundEndpoints(tenantId, userId);
      return read(tenantId, userId);
    },
    async allowDevice(tenantId, userId, deviceId) {
      const changed = await redis.pomboAllowDevice(keys.user(tenantId, userId), deviceId, ...changeOf(userId));
      if (changed === 1) await boundEndpoints(tenantId, userId);
    },
    rotateToken,
    boundEndpoints,
    async remove(tenantId, userId) {
      if (!USER_ID.test(userId)) return false;
      const key = keys.user(tenantId, userId);
      // Before, because a user that is gone cannot be removed again, and after, because it may have made one meanwhile.
      await followUser(endpoints, tenantId, userId, undefined);
      const [found, ...hashes] = await redis.pomboRetireUser(key, ...changeOf(userId));
      await followUser(endpoints, tenantId, userId, undefined);
      if (found === 0) return false;
      await forgetTokens(hashes);
      await redis.multi().srem(keys.tenantUsers(tenantId), userId).del(key).exec();
      return true;
    },
    async findCaller(tokenHash) {
      const named = await redis.hgetall(keys.token(tokenHash));
      const { hash, tenant: tenantId, user: userId } = named;
      if (!hash || !tenantId || !userId || !sameHash(hash, tokenHash)) return undefined;
      const [user, [tenant, off, erasing]] = await Promise.all([
        redis.hgetall(keys.user(tenantId, userId)),
        redis.hmget(keys.tenant(tenantId), 'id', 'off', 'erasing'),
      ]);
      if (!tenant || off === '1' || erasing || user['off'] === '1') return undefined;
      if (!user['token'] || !sameHash(user['token'], tokenHash)) return undefined;
      return callerOf(userFromFields(tenantId, user));
    },
  };
}

function defineScripts(redis: Redis): void {
  redis.defineCommand('pomboAllowDevice', { numberOfKeys: 1, lua: ALLOW_DEVICE });
  redis.defineCommand('pomboCreateUser', { numberOfKeys: 3, lua: CREATE_USER });
  redis.defineCommand('pomboUpdateIfThere', { numberOfKeys: 1, lua: UPDATE_IF_THERE });
  redis.defineCommand('pomboPrepareToken', { numberOfKeys: 1, lua: PREPARE_TOKEN });
  redis.defineCommand('pomboSwitchToken', { numberOfKeys: 1, lua: SWITCH_TOKEN });
  redis.defineCommand('pomboRetireUser', { numberOfKeys: 1, lua: RETIRE_USER });
}

function callerOf(user: User): Caller {
  const devices = devicesOf(user);
  return { tenantId: user.tenantId, userId: user.id, role: user.role, ...(devices === undefined ? {} : { devices }) };
}

function changesToFields({ name, role, devices, enabled }: UserChanges): string[] {
  return [
    ...(name === undefined ? [] : ['name', name]),
    ...(role === undefined ? [] : ['role', role]),
    ...(devices === undefined ? [] : ['devices', devices === 'all' ? ALL_DEVICES : devices.join(',')]),
    ...(enabled === undefined ? [] : ['off', enabled ? '0' : '1']),
  ];
}

function userFromFields(tenantId: string, fields: Readonly<Record<string, string>>): User {
  const devices = fields['devices'] ?? ALL_DEVICES;
  const role = ROLES.find((known) => known === fields['role']);
  return {
    id: fields['id'] ?? '',
    tenantId,
    name: fields['name'] ?? '',
    // What a later version may know is the least there is in this one.
    role: role ?? 'user',
    devices: devices === ALL_DEVICES ? undefined : devices.split(',').filter((id) => id !== ''),
    enabled: fields['off'] !== '1',
    createdAt: Number(fields['created']),
    tokenAt: fields['tokenAt'] === undefined ? undefined : Number(fields['tokenAt']),
  };
}

function noSuchUser(): PomboError {
  return new PomboError('NOT_FOUND', 'you have no user with this id');
}

function noSuchTenant(): PomboError {
  return new PomboError('NOT_FOUND', 'there is no tenant with this id');
}

function beingChanged(): PomboError {
  return new PomboError('RATE_LIMITED', 'the token of this user is being changed at this moment; try again shortly', {
    retryAfterSeconds: 1,
  });
}
