/**
 * WhatsApp's media hosts and the authorisation to upload to them. Asked for directly: Baileys' own look-up keeps a
 * failed answer for as long as the socket lives.
 */
import { getBinaryNodeChild, getBinaryNodeChildren, S_WHATSAPP_NET, type WASocket } from '@whiskeysockets/baileys';

export interface MediaHosts {
  readonly auth: string;
  /** Names, with a port where there is one, in the order to be tried. */
  readonly hosts: readonly string[];
}

/** @param renew asks again although the answer at hand has not run out. */
export type NameMediaHosts = (renew: boolean) => Promise<MediaHosts>;

/** How long an answer is good for when it does not say, in seconds. */
const DEFAULT_TTL_SECONDS = 300;

/** @param ask puts a question to the socket of the moment. */
export function createMediaHosts(ask: <T>(question: (socket: WASocket) => Promise<T>) => Promise<T>): NameMediaHosts {
  let known: { readonly value: MediaHosts; readonly until: number } | undefined;
  return async (renew) => {
    if (known && !renew && known.until > Date.now()) return known.value;
    const { value, ttlSeconds } = await ask(fetchMediaHosts);
    known = { value, until: Date.now() + ttlSeconds * 1000 };
    return value;
  };
}

async function fetchMediaHosts(socket: WASocket): Promise<{ value: MediaHosts; ttlSeconds: number }> {
  const question = { xmlns: 'w:m', type: 'set', to: S_WHATSAPP_NET };
  const answer: unknown = await socket.query({
    tag: 'iq',
    attrs: question,
    content: [{ tag: 'media_conn', attrs: {} }],
  });
  const node = getBinaryNodeChild(answer as Parameters<typeof getBinaryNodeChild>[0], 'media_conn');
  if (!node) throw new Error('the answer names no media hosts');
  const hosts = getBinaryNodeChildren(node, 'host').flatMap(({ attrs }) => attrs['hostname'] ?? []);
  const ttlSeconds = Number(node.attrs['ttl'] ?? DEFAULT_TTL_SECONDS);
  return { value: { auth: node.attrs['auth'] ?? '', hosts }, ttlSeconds };
}
