/** Real HTTP servers on loopback for the tests to download from. */
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';

export interface MediaHost {
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** TCP connections ever accepted. */
  connections(): number;
  /** TCP connections open now. */
  open(): number;
  close(): Promise<void>;
}

const hosts: MediaHost[] = [];

/** Answers HTTP. */
export async function startMediaHost(listener: RequestListener, address = '127.0.0.1', port = 0): Promise<MediaHost> {
  return track(createServer(listener), address, port);
}

/** Does whatever `onSocket` does, HTTP or not. */
export async function startRawHost(onSocket: (socket: Socket) => void): Promise<MediaHost> {
  return track(createTcpServer(onSocket), '127.0.0.1', 0);
}

/** For `afterEach`. */
export async function closeMediaHosts(): Promise<void> {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
}

async function track(server: ReturnType<typeof createTcpServer>, address: string, wanted: number): Promise<MediaHost> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(wanted, address, resolve));
  const { port } = server.address() as AddressInfo;
  const host: MediaHost = {
    port,
    origin: `http://${address}:${port}`,
    connections: () => connections,
    open: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  hosts.push(host);
  return host;
}
