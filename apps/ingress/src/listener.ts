/** Listens, and stops without cutting off a request in hand. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Config, SECOND } from '@pombo/runtime';
import { trackConnections } from './track-connections.js';

export interface Address {
  readonly url: string;
  readonly port: number;
}

export interface Listener {
  start(): Promise<Address>;
  /** Resolves when the last connection is closed; those still busy near the end of the time are cut. */
  stop(): Promise<void>;
}

/** Longer than the 60 s after which common load balancers let an idle connection go, so that they do it first. */
const KEEP_ALIVE_MS = 65 * SECOND;
/** For 25 MB over a slow line. */
const REQUEST_TIMEOUT_MS = 120 * SECOND;

export type ListenerSettings = Pick<Config, 'HOST' | 'PORT' | 'SHUTDOWN_TIMEOUT_MS'>;

export function createListener(handle: RequestListener, settings: ListenerSettings): Listener {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_TIMEOUT_MS }, handle);
  const connections = trackConnections(server);
  // Without a listener Node invites every body at once; ours waits until the client has been let in.
  server.on('checkContinue', handle);
  let listening: Promise<Address> | undefined;
  let closed: Promise<void> | undefined;

  const listen = () =>
    new Promise<Address>((resolve, reject) => {
      server.once('error', reject);
      server.listen(settings.PORT, settings.HOST, () => {
        const { port } = server.address() as AddressInfo;
        resolve({ url: `http://${reachable(settings.HOST)}:${port}`, port });
      });
    });

  const close = async (): Promise<void> => {
    // A server that is still looking up its host cannot be closed and would listen afterwards.
    await listening?.catch(() => undefined);
    const ended = new Promise<void>((resolve) => server.close(() => resolve()));
    connections.endWhenIdle();
    const cut = setTimeout(() => server.closeAllConnections(), settings.SHUTDOWN_TIMEOUT_MS * 0.8);
    await ended;
    clearTimeout(cut);
  };

  return {
    start() {
      if (closed) throw new Error('stopped before it listened');
      return (listening ??= listen());
    },
    stop: () => (closed ??= close()),
  };
}

/** "All addresses" is nothing a client can connect to. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
