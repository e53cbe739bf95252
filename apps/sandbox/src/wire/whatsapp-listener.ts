import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { NoiseIdentity } from '../identity/noise-certificate.js';
import type { SandboxLogger } from '../sandbox-logger.js';
import { ClientConnection } from './client-connection.js';

const HOST = '127.0.0.1';
const PATH = '/ws/chat';

export interface WhatsappListener {
  readonly url: string;
  close(): Promise<void>;
}

export interface WhatsappListenerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly identity: NoiseIdentity;
  readonly logger: SandboxLogger;
  onConnection(connection: ClientConnection): void;
}

export async function listenForWhatsapp(options: WhatsappListenerOptions): Promise<WhatsappListener> {
  const server = new WebSocketServer({ host: HOST, port: options.port, path: PATH, perMessageDeflate: false });
  server.on('connection', (socket) =>
    options.onConnection(new ClientConnection(socket, options.identity, options.logger)),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', reject);
  });
  const { port } = server.address() as AddressInfo;
  return { url: `ws://${HOST}:${port}${PATH}`, close: () => closeServer(server) };
}

async function closeServer(server: WebSocketServer): Promise<void> {
  for (const socket of server.clients) socket.terminate();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
