/** A customer's endpoint: checks every signature and remembers what it was told, each event once. */
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

export async function startEndpoint() {
  const events = new Map();
  let repeated = 0;
  let forged = 0;
  let webhook;

  const take = (body, headers) => {
    const event = webhook.verify(body, headers);
    if (events.has(event.id)) repeated += 1;
    else events.set(event.id, event);
  };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    try {
      take(body, request.headers);
      response.writeHead(204).end();
    } catch {
      forged += 1;
      response.writeHead(401).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/events`,
    /** @param {string} secret `whsec_…` */
    trust: (secret) => (webhook = new Webhook(secret)),
    /** In the order they came, by id. */
    events,
    get repeated() {
      return repeated;
    },
    get forged() {
      return forged;
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
