/** A TCP cable to a server on loopback that a test can hold, as a network does that goes silent without closing. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Cable {
  readonly port: number;
  /** Nothing the client writes arrives any more; what the server writes still does. */
  holdUplink(): void;
  /** Nothing passes any more, in either direction. */
  hold(): void;
  /** Closes what is open, as a reset does, and lets the next connection pass. */
  cut(): void;
  close(): Promise<void>;
}

interface Strand {
  readonly client: Socket;
  readonly server: Socket;
}

export async function layCable(port: number): Promise<Cable> {
  const strands = new Set<Strand>();
  const listener = createServer({ allowHalfOpen: true }, (client) => {
    const server = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const strand = { client, server };
    strands.add(strand);
    client.pipe(server);
    server.pipe(client);
    const drop = (): void => {
      client.destroy();
      server.destroy();
      strands.delete(strand);
    };
    for (const end of [client, server]) end.on('error', drop).on('close', drop);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const { client, server } of strands) {
      client.destroy();
      server.destroy();
    }
  };
  return {
    port: (listener.address() as AddressInfo).port,
    holdUplink() {
      for (const { client, server } of strands) client.unpipe(server).pause();
    },
    hold() {
      for (const { client, server } of strands) {
        client.unpipe(server).pause();
        server.unpipe(client).pause();
      }
    },
    cut,
    close() {
      cut();
      return new Promise((resolve) => listener.close(() => resolve()));
    },
  };
}
