import { createServer } from 'node:net';
import { freePort } from '../redis.mjs';
import { expectedError } from './run-command.mjs';

/** How many ports above the usual one are tried before any free one is taken. */
const NEIGHBOURS = 20;

function isFree(port, host) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/**
 * @param {string | undefined} wanted what the environment says; then no other will do, but 0 means any
 * @param {number} usual tried first otherwise, then its neighbours
 * @returns {Promise<number>}
 */
export async function choosePort(name, wanted, usual, host) {
  if (wanted !== undefined && wanted.trim() !== '') {
    const port = Number(wanted);
    if (port === 0) return freePort();
    if (!(await isFree(port, host))) throw expectedError(`${name}=${wanted}: this port cannot be listened on.`);
    return port;
  }
  for (let port = usual; port < usual + NEIGHBOURS; port += 1) {
    if (await isFree(port, host)) return port;
  }
  return freePort();
}
