import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { type Connections, createConnections } from '../src/delivery/connections.js';
import { type Answer, createPostEvent } from '../src/delivery/post-event.js';

const AT_ONCE = 5;

let connections: Connections;
let post: (path?: string) => Promise<Answer>;
/** Of the server, every one there has been. */
let sockets: Socket[];
let paths: string[];

const server = createServer((request, response) => {
  paths.push(request.url ?? '');
  request.resume().once('end', () => {
    if (request.url === '/cut') request.socket.destroy();
    else response.writeHead(200, request.url === '/close' ? { connection: 'close' } : {}).end('ok');
  });
}).on('connection', (socket: Socket) => sockets.push(socket));

beforeEach(async () => {
  [sockets, paths] = [[], []];
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  connections = createConnections({});
  const send = createPostEvent(connections);
  post = (path = '/') =>
    new Promise((resolve) => send({ origin, path, headers: [], body: Buffer.from('{}'), timeoutMs: 10_000 }, resolve));
});

afterEach(async () => {
  await connections.destroy();
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});

test('events that follow each other share a connection, those at once have one each', async () => {
  for (let nth = 0; nth < AT_ONCE; nth += 1) expect(await post()).toMatchObject({ status: 200, error: '' });
  expect(sockets).toHaveLength(1);
  await Promise.all(Array.from({ length: AT_ONCE }, () => post()));
  await Promise.all(Array.from({ length: AT_ONCE }, () => post()));
  expect(sockets).toHaveLength(AT_ONCE);
});

test('the next event is sent in the moment of the answer, also when the endpoint closes after it', async () => {
  const statuses = await new Promise<number[]>((resolve) => {
    const seen: number[] = [];
    const go = ({ status }: Answer): void => {
      if (seen.push(status) === AT_ONCE) resolve(seen);
      else void post('/close').then(go);
    };
    void post('/close').then(go);
  });
  expect(statuses).toEqual(Array<number>(AT_ONCE).fill(200));
  expect(paths).toHaveLength(AT_ONCE);
  expect(sockets).toHaveLength(AT_ONCE);
});

test('a connection that the endpoint closed while it rested is not used again', async () => {
  await post();
  sockets[0]?.destroy();
  const answers = await eventually('a new one is made', async () => {
    const answer = await post();
    return sockets.length === 2 && answer;
  });
  expect(answers).toMatchObject({ status: 200, error: '' });
});

test('after a failure there is a new connection', async () => {
  expect(await post('/cut')).toMatchObject({ status: 0, error: 'connection_reset' });
  expect(await post()).toMatchObject({ status: 200, error: '' });
  expect(sockets).toHaveLength(2);
});

test('what is asked for when the process is stopping has not been sent', async () => {
  await connections.destroy();
  expect(await post()).toMatchObject({ status: 0, error: 'stopped' });
  expect(paths).toEqual([]);
});
