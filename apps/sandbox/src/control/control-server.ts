import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SandboxControls } from '../controls/sandbox-controls.js';
import type { SandboxEndpoint } from '../sandbox-endpoint.js';
import type { SandboxLogger } from '../sandbox-logger.js';
import { createControlApp } from './control-app.js';

const HOST = '127.0.0.1';
/** A client that is busy must not find its idle connection closed just when it asks something. */
const KEEP_ALIVE_MS = 65_000;

export interface ControlServerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly controls: SandboxControls;
  readonly endpoint: Omit<SandboxEndpoint, 'controlUrl'>;
  readonly logger: SandboxLogger;
}

export interface ControlServer {
  readonly url: string;
  close(): Promise<void>;
}

/** The control port: loopback only, since whoever reaches it reads every message. */
export async function startControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, HOST, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://${HOST}:${port}`;
  const app = createControlApp(options.controls, { ...options.endpoint, controlUrl: url }, options.logger);
  server.on('request', (request, response) => void app(request, response));
  return {
    url,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
