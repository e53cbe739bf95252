/** Everything a run of the fault suite plays in: a Redis of its own, the sandbox, one ingress, webhooks, workers to be killed. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { openStore } from '../../scripts/lib/open-store.mjs';
import { waitUntil } from '../../scripts/lib/wait-until.mjs';
import { answers } from '../../scripts/lib/api-client.mjs';
import { freePort } from '../../scripts/redis.mjs';
import { retried } from './retried.mjs';
import { createSandboxClient } from './sandbox-client.mjs';
import { seedDevice } from './seed-device.mjs';
import { startEndpoint } from './webhook-endpoint.mjs';

const START_MS = 60_000;
const ANSWER_MS = 5_000;

/**
 * @param {object} options
 * @param {string} options.dir for data and logs
 * @param {Buffer} options.picture what media URLs serve
 * @param {string | undefined} options.without protection that the workers lack
 * @param {(dir: string) => Promise<import('./redis-source.mjs').RedisSource>} options.startSource where Redis comes from
 * @param {object} [options.settings] of Pombo, beside what the arena needs
 * @param {ReturnType<import('./children.mjs').createChildren>} options.children
 * @param {(undo: () => unknown) => void} options.onEnd
 */
export async function openArena({ dir, picture, without, startSource, children, settings = {}, onEnd }) {
  const redis = await startSource(dir);
  onEnd(() => redis.stop());
  // Ended before Redis is.
  onEnd(() => children.endAll());
  const world = children.start('sandbox', 'apps/sandbox/dist/main.js', { SANDBOX_RECEIPT_DELAY_MS: '20' });
  const { whatsappUrl, rootKeyHex, tlsCaPem, controlUrl } = await world.says('ready');
  const env = {
    ...redis.env,
    SANDBOX_MODE: 'true',
    SESSION_ENCRYPTION_KEY: randomBytes(32).toString('hex'),
    HOST: '127.0.0.1',
    PORT: String(await freePort()),
    WORKER_PORT: '0',
    WEBHOOK_PORT: '0',
    WEBHOOK_ALLOW_HOSTS: '127.0.0.1',
    WHATSAPP_URL: whatsappUrl,
    WHATSAPP_ROOT_KEY: rootKeyHex,
    WHATSAPP_TLS_CA: tlsCaPem,
    MEDIA_DIR: join(dir, 'media'),
    LOG_LEVEL: 'info',
    ...settings,
  };
  const pictures = await servePicture(picture);
  onEnd(() => pictures.close());
  const { store, close } = await openStore(env);
  onEnd(close);
  const apiUrl = `http://127.0.0.1:${env.PORT}`;
  children.start('ingress', 'apps/ingress/dist/main.js', env);
  await waitUntil('the ingress', () => answers(`${apiUrl}/health/ready`), { deadlineMs: START_MS });
  const { tenantId } = await store.tenants.create('Fault suite');
  const { token } = await store.tenants.createToken(tenantId, 'admin');

  const endpoint = await startEndpoint();
  onEnd(() => endpoint.close());
  const call = async (method, path, body, headers = {}) => {
    const response = await fetch(new URL(path, apiUrl), {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return { status: response.status, body: await response.json() };
  };
  const added = await call('POST', '/webhooks', { url: endpoint.url });
  endpoint.trust(added.body.webhook.secret);
  const webhooks = children.start('webhooks', 'apps/webhooks/dist/main.js', env);
  await webhooks.says('webhooks ready');

  let workersStarted = 0;
  return {
    call,
    store,
    redis,
    endpoint,
    pictureUrl: pictures.url,
    sandbox: createSandboxClient(controlUrl),
    /** @returns {Promise<{ name: string, owner: string, send: (signal: string) => void, end: (signal: string) => Promise<unknown> }>} once it is ready. */
    async startWorker() {
      workersStarted += 1;
      const name = `worker-${workersStarted}`;
      const script = without === undefined ? 'apps/worker/dist/main.js' : 'test/faults/weakened-worker.mjs';
      const child = children.start(name, script, { ...env, ...(without === undefined ? {} : { WITHOUT: without }) });
      const { owner } = await child.says('worker ready');
      return { name, owner, send: child.send, end: child.end };
    },
    /** Who holds the lease of each device, in their order; undefined where nobody does. */
    readOwners: (devices) =>
      Promise.all(
        devices.map(async ({ id }) => {
          const owner = await retried(() => store.redis.hget(store.keys.lease(id), 'owner'));
          return owner ?? undefined;
        }),
      ),
    addDevice: async (linked, name) => seedDevice(store, tenantId, linked, name),
  };
}

/** Any path below it is the same picture, so that some messages share a URL and others don't. */
async function servePicture(picture) {
  const server = createServer((_request, response) =>
    response.writeHead(200, { 'content-type': 'image/jpeg', 'cache-control': 'max-age=600' }).end(picture),
  );
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: (path) => `http://127.0.0.1:${server.address().port}/${path}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
