/** The plain alternative to the worker: Baileys as its documentation teaches, its keys in memory. */
import { performance } from 'node:perf_hooks';
import { BufferJSON, makeWASocket, WA_CERT_DETAILS } from '@whiskeysockets/baileys';
import { serveOrders } from '../lib/helper.mjs';
import { captionFor, vary } from '../lib/send-bodies.mjs';

const ignore = () => undefined;
const logger = { level: 'silent', trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };
logger.child = () => logger;

const sockets = [];
const acked = new Map();

function keysInMemory() {
  const kept = new Map();
  return {
    get: async (type, ids) => {
      const found = {};
      for (const id of ids) if (kept.has(`${type}.${id}`)) found[id] = kept.get(`${type}.${id}`);
      return found;
    },
    set: async (changes) => {
      for (const [type, values] of Object.entries(changes)) {
        for (const [id, value] of Object.entries(values)) {
          if (value === null || value === undefined) kept.delete(`${type}.${id}`);
          else kept.set(`${type}.${id}`, value);
        }
      }
    },
  };
}

async function open(url, text) {
  const creds = JSON.parse(text, BufferJSON.reviver);
  const socket = makeWASocket({ waWebSocketUrl: url, auth: { creds, keys: keysInMemory() }, logger });
  socket.ev.on('creds.update', (update) => Object.assign(creds, update));
  socket.ws.on('CB:ack,class:message', ({ attrs }) => {
    acked.get(attrs.id)?.();
    acked.set(attrs.id, ignore);
  });
  await new Promise((resolve, reject) => {
    socket.ev.on('connection.update', ({ connection, lastDisconnect }) => {
      if (connection === 'open') resolve();
      if (connection === 'close') reject(lastDisconnect?.error ?? new Error('closed'));
    });
  });
  return socket;
}

const jidOf = (number) => `${number}@s.whatsapp.net`;

const ORDERS = {
  async connect({ url, rootKeyHex, creds }) {
    WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(rootKeyHex, 'hex');
    for (const text of creds) sockets.push(await open(url, text));
  },

  /** @param `different`: each recipient gets another picture. */
  async send({ numbers, picture, different, inFlight }) {
    const [socket] = sockets;
    const image = Buffer.from(picture);
    let next = 0;
    const lane = async () => {
      while (next < numbers.length) {
        const nth = next++;
        const content = { image: different ? vary(image, nth) : image, caption: captionFor(nth) };
        await socket.sendMessage(jidOf(numbers[nth]), content);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, lane));
  },

  /** @returns milliseconds until the server's acknowledgement. */
  async sendOne({ number, picture }) {
    const image = vary(Buffer.from(picture), number);
    const startedAt = performance.now();
    const { key } = await sockets[0].sendMessage(jidOf(number), { image, caption: captionFor(0) });
    if (!acked.has(key.id)) await new Promise((resolve) => acked.set(key.id, resolve));
    return performance.now() - startedAt;
  },
};

serveOrders({}, (order) => ORDERS[order.do](order));
