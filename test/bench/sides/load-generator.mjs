/**
 * Posts bodies as fast as they are answered, in a process of its own. With as little as undici can be used with, since it
 * shares the machine with what it measures.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { ROOT } from '../../../scripts/lib/paths.mjs';
import { serveOrders } from '../lib/helper.mjs';
import { buildSendBody } from '../lib/send-bodies.mjs';

const { Pool } = createRequire(join(ROOT, 'packages', 'media', 'package.json'))('undici');

function answerTo(done) {
  let status = 0;
  let text = '';
  return {
    onRequestStart: () => undefined,
    onResponseStart: (_controller, statusCode) => (status = statusCode),
    onResponseData: (_controller, chunk) => (text += chunk.toString('latin1')),
    onResponseEnd: () => done({ status, text }),
    onResponseError: (_controller, error) => done({ status: 0, text: String(error) }),
  };
}

/**
 * @param {{ url: string, path?: string, token: string, numbers: string[], inFlight: number, body: object }} order one request a number
 * @returns how long it took, number and id of each message accepted, and one answer of each other status
 */
async function postMany({ url, path = '/send/image', token, numbers, inFlight, body }) {
  const pool = new Pool(url, { connections: inFlight, pipelining: 1 });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  // Made before the clock runs.
  const bodies = numbers.map((number, nth) => buildSendBody(body, number, nth));
  const texts = [];
  const refused = new Map();
  let next = 0;
  const startedAt = performance.now();
  await new Promise((resolve) => {
    let open = 0;
    const post = () => {
      if (next === bodies.length) return open === 0 ? resolve() : undefined;
      open += 1;
      const handler = answerTo(({ status, text }) => {
        open -= 1;
        if (status === 202) texts.push(text);
        else refused.set(status, text.slice(0, 300));
        post();
      });
      pool.dispatch({ method: 'POST', path, headers, body: bodies[next++] }, handler);
    };
    for (let lane = 0; lane < inFlight; lane += 1) post();
  });
  const seconds = (performance.now() - startedAt) / 1000;
  await pool.close();
  return { seconds, accepted: texts.map(readAccepted), refused };
}

function readAccepted(text) {
  const { message_id: messageId, chat_jid: chatJid } = JSON.parse(text);
  return { messageId, number: chatJid?.split('@')[0] };
}

serveOrders({}, postMany);
