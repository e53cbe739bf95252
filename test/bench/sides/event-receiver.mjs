/** Endpoints of customers in one process: remembers when each event came, and what was posted; some never answer. */
import { createServer } from 'node:http';
import { clearTimeout, setTimeout } from 'node:timers';
import { serveOrders } from '../lib/helper.mjs';

const DEADLINE_MS = 120_000;
/** What a client says by itself. */
const OF_THE_CONNECTION = new Set(['host', 'connection', 'content-length']);

/** Event id → milliseconds since the epoch when it first came. */
let came = new Map();
let posts = [];
/** Events someone waits for, and whom to tell when none is left. */
let awaited = new Set();
let tell = () => undefined;

const server = createServer((request, response) => {
  const now = Date.now();
  const id = request.headers['webhook-id'];
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.once('end', () => {
    if (request.url.startsWith('/hang')) return;
    if (!came.has(id)) {
      came.set(id, now);
      posts.push({ rawHeaders: request.rawHeaders, chunks });
      if (awaited.delete(id) && awaited.size === 0) tell();
    }
    response.writeHead(200).end('ok');
  });
});

async function whenAllCame(ids) {
  awaited = new Set(ids.filter((id) => !came.has(id)));
  if (awaited.size > 0) {
    await new Promise((resolve, reject) => {
      const late = () => reject(new Error(`${awaited.size} events did not arrive`));
      const timer = setTimeout(late, DEADLINE_MS);
      tell = () => resolve(clearTimeout(timer));
    });
  }
  return { came: [...came] };
}

function describePost({ rawHeaders, chunks }) {
  const headers = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (!OF_THE_CONNECTION.has(rawHeaders[at].toLowerCase())) headers.push(rawHeaders[at], rawHeaders[at + 1]);
  }
  return { headers, body: Buffer.concat(chunks).toString() };
}

const ORDERS = {
  /** Until all these events came. */
  wait: ({ ids }) => whenAllCame(ids),
  /** Every request, as a client can send it again. */
  posts: () => ({ posts: posts.map(describePost) }),
  reset: () => {
    came = new Map();
    posts = [];
  },
};

server.listen(0, '127.0.0.1', () => {
  serveOrders({ url: `http://127.0.0.1:${server.address().port}` }, async (order) => ORDERS[order.do](order));
});
