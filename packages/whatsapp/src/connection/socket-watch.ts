/**
 * Tells a socket that is open from one that is alive. A peer that went away without a word leaves the socket open, and a
 * server may stop answering; Baileys notices the one after a minute and the other never. A dead socket is torn down, not
 * closed: closing would wait for the peer.
 */
import type { Logger } from '@pombo/runtime';
import type { WASocket } from '@whiskeysockets/baileys';

export interface SocketTimes {
  /** How often Baileys asks whether anybody is there. */
  readonly keepAliveMs: number;
  /** How long an answer to that may take. */
  readonly probeTimeoutMs: number;
  /** How long connecting and logging in may take. */
  readonly connectTimeoutMs: number;
}

export interface SocketWatch {
  /** Shows a code, for as long as it takes. */
  showsCode(): void;
  /** Logged in: from now on silence counts. */
  connected(): void;
  /** Asks whether anybody is there; without an answer in time the socket is torn down. */
  probe(): void;
  /** Tears the socket down; Baileys reports it as closed. */
  tearDown(why: string): void;
  /** The socket has ended. */
  stop(): void;
}

/** @param logger of the session. */
export function watchSocket(socket: WASocket, times: SocketTimes, logger: Logger): SocketWatch {
  const { keepAliveMs, probeTimeoutMs, connectTimeoutMs } = times;
  let silence: NodeJS.Timeout | undefined;
  let answer: NodeJS.Timeout | undefined;

  const tearDown = (why: string): void => {
    stop();
    logger.warn('the connection is dead and will be replaced', { why });
    terminate(socket);
  };
  const connecting = setTimeout(() => tearDown('WhatsApp did not let the device in in time'), connectTimeoutMs);

  const stop = (): void => {
    clearTimeout(connecting);
    clearTimeout(silence);
    clearTimeout(answer);
    socket.ws.off('frame', heard);
  };
  const heard = (): void => {
    clearTimeout(answer);
    answer = undefined;
    silence?.refresh();
  };
  socket.ws.on('frame', heard);

  return {
    showsCode: () => clearTimeout(connecting),
    connected() {
      clearTimeout(connecting);
      // Whoever is there has answered Baileys' question by then.
      silence ??= setTimeout(() => tearDown('nothing was heard from WhatsApp'), keepAliveMs + probeTimeoutMs);
    },
    probe() {
      if (answer) return;
      answer = setTimeout(() => tearDown('WhatsApp did not answer a ping'), probeTimeoutMs);
      // Any frame is an answer, a refusal too.
      const ping = { tag: 'iq', attrs: { to: '@s.whatsapp.net', type: 'get', xmlns: 'w:p' }, content: [PING] };
      socket.query(ping, probeTimeoutMs).catch(() => logger.debug('a ping was not answered'));
    },
    tearDown,
    stop,
  };
}

const PING = { tag: 'ping', attrs: {} };

interface RawSocket {
  terminate(): void;
}

/** Baileys has no way to end a connection but to ask the peer, and keeps the raw socket to itself. */
function terminate({ ws }: WASocket): void {
  const { socket } = ws as unknown as { socket: RawSocket | null };
  socket?.terminate();
}
