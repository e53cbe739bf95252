/** The sample picture over loopback HTTP, so that `image_url` is really downloaded. */
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { SAMPLE_IMAGE } from './paths.mjs';

/** @returns {Promise<{ url: string, stop: () => Promise<void> }>} */
export function serveSample() {
  const picture = readFileSync(SAMPLE_IMAGE);
  const path = `/${basename(SAMPLE_IMAGE)}`;
  const server = createServer((request, response) => {
    const found = request.url === path;
    response.writeHead(found ? 200 : 404, found ? { 'content-type': 'image/jpeg' } : {});
    response.end(found ? picture : '');
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const stop = () =>
        new Promise((done) => {
          server.close(() => done());
          server.closeAllConnections();
        });
      resolve({ url: `http://127.0.0.1:${server.address().port}${path}`, stop });
    });
  });
}
