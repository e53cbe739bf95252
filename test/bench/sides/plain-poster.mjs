/** The plain alternative to the webhooks app: undici posting bodies that are signed already, so many at a time. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { ROOT } from '../../../scripts/lib/paths.mjs';
import { serveOrders } from '../lib/helper.mjs';

const { Agent, request } = createRequire(join(ROOT, 'packages', 'media', 'package.json'))('undici');

/** @param {{ url: string, inFlight: number, posts: Array<{ headers: string[], body: string }> }} order */
async function postAll({ url, inFlight, posts }) {
  const dispatcher = new Agent({ connections: inFlight });
  let next = 0;
  const startedAt = performance.now();
  const lane = async () => {
    while (next < posts.length) {
      const { headers, body } = posts[next++];
      const answer = await request(url, { method: 'POST', headers, body, dispatcher });
      await answer.body.dump();
      if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}`);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  const seconds = (performance.now() - startedAt) / 1000;
  await dispatcher.close();
  return { seconds };
}

serveOrders({}, postAll);
