/**
 * Connections to endpoints, each with one request at a time. Instead of undici's Agent, which looks for a free connection
 * with every request and puts it to rest after every answer: here whoever got its answer leaves its connection to the next
 * request in the same moment.
 */
import { Client } from 'undici';

export interface Connection {
  readonly client: Client;
  /** Answered; the connection is good for another request. */
  release(): void;
  /** Failed; the connection is given up. */
  drop(): void;
}

export interface Connections {
  /** One that rests, the last one that was used first; otherwise a new one: the turns see to it that there are not too many. */
  take(origin: string): Connection;
  /** Cuts all connections; what is on its way fails with UND_ERR_DESTROYED. */
  destroy(): Promise<void>;
}

/** Of one origin. */
interface Group {
  readonly resting: Connection[];
  size: number;
}

export function createConnections(options: Client.Options): Connections {
  const groups = new Map<string, Group>();
  const clients = new Set<Client>();
  let destroyed = false;

  const open = (origin: string, group: Group): Connection => {
    const client = new Client(origin, options);
    const connection: Connection = {
      client,
      release: () => group.resting.push(connection),
      drop() {
        if (!clients.delete(client)) return;
        group.size -= 1;
        if (group.size === 0) groups.delete(origin);
        void client.destroy();
      },
    };
    // One that is in use connects again by itself.
    client.on('disconnect', () => {
      const place = group.resting.indexOf(connection);
      if (place < 0) return;
      group.resting.splice(place, 1);
      connection.drop();
    });
    clients.add(client);
    group.size += 1;
    if (destroyed) void client.destroy();
    return connection;
  };

  return {
    take(origin) {
      let group = groups.get(origin);
      if (!group) groups.set(origin, (group = { resting: [], size: 0 }));
      return group.resting.pop() ?? open(origin, group);
    },
    async destroy() {
      destroyed = true;
      await Promise.all([...clients].map((client) => client.destroy()));
    },
  };
}
