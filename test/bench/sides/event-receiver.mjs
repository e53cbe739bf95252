/** Endpoints of customers in one process: remembers when each event came; some never answer. */
import { createServer } from 'node:http';
import { serveOrders } from '../lib/helper.mjs';

/** Event id → milliseconds since the epoch when it first came. */
let came = new Map();
/** Requests in all. */
let posts = 0;

const server = createServer((request, response) => {
  const now = Date.now();
  const id = request.headers['webhook-id'];
  request.resume();
  request.once('end', () => {
    if (request.url.startsWith('/hang')) return;
    posts += 1;
    if (!came.has(id)) came.set(id, now);
    response.writeHead(200).end('ok');
  });
});

const ORDERS = {
  count: () => ({ distinct: came.size, posts }),
  /** When each event came. */
  read: () => ({ came: [...came] }),
  reset: () => {
    came = new Map();
    posts = 0;
  },
};

server.listen(0, '127.0.0.1', () => {
  serveOrders({ url: `http://127.0.0.1:${server.address().port}` }, async (order) => ORDERS[order.do]());
});
