/** A running ingress with a tenant, a token and a device that can send; every request goes over the wire. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIngress } from '@pombo/ingress';
import { type Config, type Logger, silentLogger } from '@pombo/runtime';
import type { Store } from '@pombo/store';
import { keysOf, openTestStore, playOwner, testConfig } from '@pombo/testing';
import { requireDocumented } from './documented-answer.js';

export const NUMBER = '5511999999999';
export const IMAGE_URL = 'https://pictures.example/pigeon.png';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
  readonly text: string;
}

export interface Call {
  readonly token?: string | undefined;
  readonly headers?: Record<string, string>;
  /** An object is sent as JSON, text and bytes as they are. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export interface Harness {
  readonly config: Config;
  readonly url: string;
  readonly store: Store;
  readonly mediaDir: string;
  readonly tenantId: string;
  readonly token: string;
  readonly deviceId: string;
  readonly call: (method: string, path: string, call?: Call) => Promise<Answer>;
  /** `POST /send/image` with a good body, changed by `fields`. */
  readonly sendImage: (fields?: Record<string, unknown>, headers?: Record<string, string>) => Promise<Answer>;
  /** Keys of records and jobs: what an accepted message leaves. */
  readonly enqueued: () => Promise<string[]>;
  readonly stop: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface HarnessOptions {
  readonly settings?: Record<string, string>;
  readonly logger?: Logger;
}

/** A busy machine is no Redis that is away; tests about that set the time themselves. */
const PATIENCE_MS = '20000';

export async function openHarness({ settings = {}, logger = silentLogger }: HarnessOptions = {}): Promise<Harness> {
  const mediaDir = await mkdtemp(join(tmpdir(), 'pombo-ingress-test-'));
  const config = testConfig({ REDIS_COMMAND_TIMEOUT_MS: PATIENCE_MS, MEDIA_DIR: mediaDir, ...settings });
  const opened = await openTestStore(config);
  const { store, redis } = opened;
  const { tenantId, token } = await createTenant(store);
  const deviceId = await createReadyDevice(store, tenantId);
  const ingress = createIngress(config, { logger });
  const { url } = await ingress.start();

  const call = async (method: string, path: string, options: Call = {}): Promise<Answer> => {
    const authorization = 'token' in options ? options.token : `Bearer ${token}`;
    const { body } = options;
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    const parsed = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
    requireDocumented(method, path, { status: response.status, body: isJson ? parsed : undefined });
    return { status: response.status, headers: response.headers, body: parsed, text };
  };

  return {
    config,
    url,
    store,
    mediaDir,
    tenantId,
    token,
    deviceId,
    call,
    sendImage: (fields = {}, headers = {}) =>
      call('POST', '/send/image', { headers, body: { number: NUMBER, image_url: IMAGE_URL, ...fields } }),
    async enqueued() {
      const keys = await keysOf(redis, config.REDIS_PREFIX);
      return keys.filter((key) => key.includes(':m:') || /:q-[^:]+:3EB0/.test(key));
    },
    stop: () => ingress.stop(),
    async close() {
      await ingress.stop();
      await opened.close();
      await rm(mediaDir, { recursive: true, force: true });
    },
  };
}

export async function createTenant(store: Store): Promise<{ tenantId: string; token: string }> {
  const { tenantId } = await store.tenants.create('a tenant');
  const { token } = await store.tenants.createToken(tenantId, 'admin');
  return { tenantId, token };
}

export async function createReadyDevice(store: Store, tenantId: string): Promise<string> {
  const { id } = await store.devices.create(tenantId, 'a phone');
  await playOwner(store, id);
  return id;
}
