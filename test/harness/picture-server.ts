/** Serves pictures over loopback HTTP, and misbehaves on request. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface PictureServer {
  /** URL of a path on this server. */
  url(path: string): string;
  answer(path: string, answer: Answer): void;
  /** How often a path was asked for. */
  hits(path: string): number;
  stop(): Promise<void>;
}

/** Answers `/picture.png` with `picture`; other paths as `answer` says, else 404. */
export async function startPictureServer(picture: Buffer): Promise<PictureServer> {
  const answers = new Map<string, Answer>([
    ['/picture.png', (_request, response) => response.writeHead(200, { 'content-type': 'image/png' }).end(picture)],
  ]);
  const hits = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    hits.set(path, (hits.get(path) ?? 0) + 1);
    const answer = answers.get(path);
    if (answer) answer(request, response);
    else response.writeHead(404).end('no such picture');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    answer: (path, answer) => answers.set(path, answer),
    hits: (path) => hits.get(path) ?? 0,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
