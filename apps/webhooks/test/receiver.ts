/** An endpoint of a customer: a real HTTP server that remembers what it was sent and answers as it is told. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly at: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly json: EventBody;
}

export interface EventBody {
  readonly id: string;
  readonly event: string;
  readonly timestamp: number;
  readonly device_id: string | null;
  readonly user_id: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Answers a request; it has been read. */
export type Answering = (response: ServerResponse, received: Received, count: number) => void;

export interface Receiver {
  readonly port: number;
  readonly url: (path?: string) => string;
  readonly received: Received[];
  /** How often each event came, by its id. */
  readonly counts: () => Map<string, number>;
  answer: Answering;
  close(): Promise<void>;
}

export const ok: Answering = (response) => void response.writeHead(200).end('thanks');
export const status =
  (code: number, headers: Record<string, string> = {}): Answering =>
  (response) =>
    void response.writeHead(code, headers).end('no');
export const hang: Answering = () => undefined;
export const reset: Answering = (response) => void response.socket?.resetAndDestroy();
/** @param first answers the first `times` requests, `then` the others. */
export const firstly =
  (times: number, first: Answering, then: Answering): Answering =>
  (response, received, count) =>
    (count <= times ? first : then)(response, received, count);

export async function startReceiver(answer: Answering = ok): Promise<Receiver> {
  const received: Received[] = [];
  const server: Server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const one: Received = {
        at: Date.now(),
        path: request.url ?? '',
        headers: request.headers as Record<string, string>,
        body,
        json: JSON.parse(body) as EventBody,
      };
      received.push(one);
      receiver.answer(response, one, received.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    port,
    url: (path = '/hook') => `http://127.0.0.1:${port}${path}`,
    received,
    counts() {
      const counts = new Map<string, number>();
      for (const { json } of received) counts.set(json.id, (counts.get(json.id) ?? 0) + 1);
      return counts;
    },
    answer,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
