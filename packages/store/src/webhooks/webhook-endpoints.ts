/** Webhook endpoints: what a tenant's users set, and how each endpoint fares. */
import { createHash, randomBytes } from 'node:crypto';
import { PomboError } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';
import type { Cipher } from '../cipher.js';
import type { Keys } from '../keys.js';
import { SAVE } from '../scripts/webhook-scripts.js';
import {
  endpointFromFields,
  settingsToFields,
  type WebhookBounds,
  type WebhookChanges,
  type WebhookEndpoint,
  type WebhookSettings,
} from './webhook-endpoint.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboSaveWebhook(...args: Array<string | number | Buffer>): Result<number, Context>;
  }
}

export interface NewWebhook extends WebhookSettings, WebhookBounds {
  readonly id: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly single: boolean;
}

/** An endpoint's name alone. */
export interface WebhookName {
  readonly tenantId: string;
  readonly webhookId: string;
}

export const nameOfWebhook = ({ tenantId, id }: Pick<WebhookEndpoint, 'tenantId' | 'id'>): WebhookName => ({
  tenantId,
  webhookId: id,
});

export interface WebhookEndpoints {
  /** Makes an endpoint, or replaces the settings of the one with this id. */
  put(endpoint: NewWebhook): Promise<void>;
  /** Changes what is given; an optional setting given as undefined is removed. @returns false: there is none. */
  change(name: WebhookName, changes: WebhookChanges): Promise<boolean>;
  read(name: WebhookName): Promise<WebhookEndpoint | undefined>;
  /** In the order they were made. */
  listOfTenant(tenantId: string): Promise<WebhookEndpoint[]>;
  countOfTenant(tenantId: string): Promise<number>;
  /** With everything that waits for it. @returns false: there was none. */
  remove(name: WebhookName): Promise<boolean>;
  /** All endpoints of all tenants. */
  listNames(): Promise<WebhookName[]>;
  /** Changes whenever an endpoint is made, changed or removed, before whoever did it hears so. */
  version(): Promise<string>;
  /** Tells a relay that there may be something to deliver. */
  wake(name: WebhookName): Promise<void>;
}

const ID_BYTES = 10;
const idFrom = (bytes: Buffer): string => `whk_${bytes.subarray(0, ID_BYTES).toString('hex')}`;

export const createWebhookId = (): string => idFrom(randomBytes(ID_BYTES));

/** The id of a user's own endpoint: always the same, so that two requests at once make one. */
export const singleWebhookId = (tenantId: string, userId: string): string =>
  idFrom(createHash('sha256').update(`${tenantId} ${userId}`).digest());

export const isWebhookId = (text: string): boolean => /^whk_[0-9a-f]{20}$/.test(text);

/** What is published about an endpoint. */
export interface WebhookNotice {
  readonly name: WebhookName;
  /** Some process serves the endpoint: it alone is meant. */
  readonly served: boolean;
}

export function readWebhookNotice(message: string): WebhookNotice {
  const [tenantId = '', webhookId = '', look] = message.split(' ');
  return { name: { tenantId, webhookId }, served: look !== undefined };
}

export function createWebhookEndpoints(redis: Redis, keys: Keys, cipher: Cipher): WebhookEndpoints {
  redis.defineCommand('pomboSaveWebhook', { numberOfKeys: 2, lua: SAVE });
  const save = async (name: WebhookName, settings: WebhookChanges, identity: string[] = []) => {
    const key = keys.webhook(name.tenantId, name.webhookId);
    const { set, remove } = settingsToFields(settings, cipher, key);
    const count = (identity.length + set.length) / 2;
    const create = Number(identity.length > 0);
    const ids = keys.tenantWebhooks(name.tenantId);
    return (await redis.pomboSaveWebhook(key, ids, create, count, ...identity, ...set, ...remove)) === 1;
  };
  /** Whoever remembers endpoints is to look again, also after a change of which nobody heard whether it was made. */
  const announcing = async (change: () => Promise<boolean>): Promise<boolean> => {
    try {
      return await change();
    } finally {
      await redis.incr(keys.webhookVersion);
    }
  };

  const read = async ({ tenantId, webhookId }: WebhookName): Promise<WebhookEndpoint | undefined> => {
    const key = keys.webhook(tenantId, webhookId);
    const stored = await redis.hgetallBuffer(key);
    if (!stored['id']) return undefined;
    const fields = Object.fromEntries(Object.entries(stored).map(([field, value]) => [field, value.toString()]));
    const open = (sealed: Buffer | undefined) => sealed && openSealed(cipher, sealed, key);
    return endpointFromFields(fields, { secrets: open(stored['secrets']), headers: open(stored['headers']) });
  };

  return {
    async put({ id, tenantId, userId, single, ...settings }) {
      const identity = ['id', id, 'tenant', tenantId, 'user', userId, 'single', String(Number(single))];
      const optional = { retryAttempts: undefined, timeout: undefined, scope: undefined, ...settings };
      // First: an endpoint that is in no list would be looked after by nobody.
      await redis.hset(keys.webhookIndex, id, tenantId);
      await announcing(() => save({ tenantId, webhookId: id }, optional, identity));
    },
    change: (name, settings) => announcing(() => save(name, settings)),
    read,
    async listOfTenant(tenantId) {
      const ids = await redis.smembers(keys.tenantWebhooks(tenantId));
      const found = await Promise.all(ids.map((webhookId) => read({ tenantId, webhookId })));
      return found.filter((endpoint) => endpoint !== undefined).sort((a, b) => a.createdAt - b.createdAt);
    },
    countOfTenant: (tenantId) => redis.scard(keys.tenantWebhooks(tenantId)),
    remove: ({ tenantId, webhookId }) =>
      announcing(async () => {
        const parts = ['Due', 'Flying', 'Tries', 'Retrying', 'Dead', 'Log'] as const;
        const queues = parts.map((part) => keys[`webhook${part}`](tenantId, webhookId));
        const step = redis
          .multi()
          .srem(keys.tenantWebhooks(tenantId), webhookId)
          .unlink(...queues);
        const replies = await step.del(keys.webhook(tenantId, webhookId)).exec();
        await redis.hdel(keys.webhookIndex, webhookId);
        return replies?.at(-1)?.[1] === 1;
      }),
    async listNames() {
      const all = await redis.hgetall(keys.webhookIndex);
      return Object.entries(all).map(([webhookId, tenantId]) => ({ tenantId, webhookId }));
    },
    version: async () => (await redis.get(keys.webhookVersion)) ?? '0',
    async wake({ tenantId, webhookId }) {
      await redis.publish(keys.webhookChannel, `${tenantId} ${webhookId}`);
    },
  };
}

/** @returns null for what cannot be read: one endpoint that cannot be used keeps nobody from using the others. */
function openSealed(cipher: Cipher, sealed: Buffer, place: string): unknown {
  try {
    return JSON.parse(cipher.decrypt(sealed, place).toString());
  } catch (error) {
    if (error instanceof PomboError) return null;
    throw error;
  }
}
