/** Everything a run of the fault suite plays in: a Redis of its own, the sandbox, one ingress, workers to be killed. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { openStore } from '../../scripts/lib/open-store.mjs';
import { waitUntil } from '../../scripts/lib/wait-until.mjs';
import { answers } from '../../scripts/lib/api-client.mjs';
import { freePort, startRedis } from '../../scripts/redis.mjs';
import { createSandboxClient } from './sandbox-client.mjs';
import { seedDevice } from './seed-device.mjs';

const START_MS = 30_000;

/**
 * @param {object} options
 * @param {string} options.dir for data and logs
 * @param {Buffer} options.picture what media URLs serve
 * @param {string | undefined} options.without protection that the workers lack
 * @param {ReturnType<import('./children.mjs').createChildren>} options.children
 * @param {(undo: () => unknown) => void} options.onEnd
 */
export async function openArena({ dir, picture, without, children, settings, onEnd }) {
  const redisDir = join(dir, 'redis');
  let redis = await startRedis({ dir: redisDir });
  onEnd(() => redis.stop());
  const world = children.start('sandbox', 'apps/sandbox/dist/main.js', { SANDBOX_RECEIPT_DELAY_MS: '20' });
  const { whatsappUrl, rootKeyHex, tlsCaPem, controlUrl } = await world.says('ready');
  const env = {
    REDIS_URL: redis.url,
    SANDBOX_MODE: 'true',
    SESSION_ENCRYPTION_KEY: randomBytes(32).toString('hex'),
    HOST: '127.0.0.1',
    PORT: String(await freePort()),
    WORKER_PORT: '0',
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

  let workersStarted = 0;
  return {
    apiUrl,
    token,
    store,
    pictureUrl: pictures.url,
    sandbox: createSandboxClient(controlUrl),
    /** @returns {Promise<{ name: string, owner: string, end: (signal: string) => Promise<unknown> }>} once it is ready. */
    async startWorker() {
      workersStarted += 1;
      const name = `worker-${workersStarted}`;
      const script = without === undefined ? 'apps/worker/dist/main.js' : 'test/faults/weakened-worker.mjs';
      const child = children.start(name, script, { ...env, ...(without === undefined ? {} : { WITHOUT: without }) });
      const { owner } = await child.says('worker ready');
      return { name, owner, end: (signal) => child.end(signal) };
    },
    /** Stops Redis as an operator does, and starts it again on the same data. */
    async restartRedis(awayMs, pause) {
      const { port } = redis;
      await redis.stop();
      await pause(awayMs);
      redis = await startRedis({ dir: redisDir, port });
    },
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
