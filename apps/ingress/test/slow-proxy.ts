/** Stands between a client and Redis and holds every answer back for a while. */
import { type AddressInfo, createServer, connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

export interface SlowProxy {
  readonly url: string;
  /** From now on. */
  readonly setDelayMs: (delayMs: number) => void;
  readonly close: () => Promise<void>;
}

export async function createSlowProxy(redisPort: number): Promise<SlowProxy> {
  const sockets = new Set<Socket>();
  let delayMs = 0;
  const server = createServer((client) => {
    const upstream = connect(redisPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    }
    client.pipe(upstream);
    let written = Promise.resolve();
    upstream.on('data', (bytes) => {
      const held = wait(delayMs);
      // Never before what came earlier.
      written = written.then(() => held).then(() => void client.write(bytes));
    });
    upstream.once('close', () => void written.then(() => client.end()));
    client.once('close', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `redis://127.0.0.1:${port}`,
    setDelayMs(next) {
      delayMs = next;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
