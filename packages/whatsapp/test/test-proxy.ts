/** Proxies on loopback that ask for a password and note what was asked of them. */
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface TestProxy {
  /** With user and password. */
  readonly url: URL;
  /** `host:port` of every tunnel that was opened. */
  readonly tunnels: readonly string[];
  /** How often somebody came without the right password. */
  refused(): number;
  close(): Promise<void>;
}

export const USER = 'courier';
export const PASSWORD = 'p@ss/word';

async function serve(server: Server, protocol: string, tunnels: string[], refused: () => number): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const credentials = `${USER}:${encodeURIComponent(PASSWORD)}`;
  return {
    url: new URL(`${protocol}://${credentials}@127.0.0.1:${port}`),
    tunnels,
    refused,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function join(client: Socket, host: string, port: number, whenOpen: () => void): void {
  const target = connect({ host, port }, () => {
    whenOpen();
    target.pipe(client);
    client.pipe(target);
  });
  target.on('error', () => client.destroy()).on('close', () => client.destroy());
  client.on('close', () => target.destroy());
}

export async function startHttpProxy(): Promise<TestProxy> {
  const tunnels: string[] = [];
  let refused = 0;
  const expected = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
  const server = createHttpServer();
  server.on('connect', (request, client: Socket) => {
    if (request.headers['proxy-authorization'] !== expected) {
      refused += 1;
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const { hostname, port } = new URL(`http://${request.url}`);
    tunnels.push(`${hostname}:${port}`);
    join(client, hostname, Number(port), () => client.write('HTTP/1.1 200 Connection Established\r\n\r\n'));
  });
  return serve(server, 'http', tunnels, () => refused);
}

/** RFC 1928 and 1929, as far as a client that names a host or an IPv4 address needs it. */
export async function startSocksProxy(): Promise<TestProxy> {
  const tunnels: string[] = [];
  let refused = 0;
  const next = (socket: Socket) => new Promise<Buffer>((resolve) => socket.once('data', resolve));
  const talk = async (client: Socket): Promise<void> => {
    await next(client);
    client.write(Buffer.from([5, 2]));
    const login = await next(client);
    const userLength = login[1] ?? 0;
    const user = login.subarray(2, 2 + userLength).toString();
    const password = login.subarray(3 + userLength).toString();
    if (user !== USER || password !== PASSWORD) {
      refused += 1;
      client.end(Buffer.from([1, 1]));
      return;
    }
    client.write(Buffer.from([1, 0]));
    const request = await next(client);
    const byName = request[3] === 3;
    const hostEnd = byName ? 5 + (request[4] ?? 0) : 8;
    const host = byName ? request.subarray(5, hostEnd).toString() : request.subarray(4, hostEnd).join('.');
    const port = request.readUInt16BE(hostEnd);
    tunnels.push(`${host}:${port}`);
    join(client, host, port, () => client.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0])));
  };
  const server = createServer((client) => void talk(client));
  return serve(server, 'socks5', tunnels, () => refused);
}
