/**
 * Keeps messages to new chats aside while none may leave (the day's budget is used up, or WhatsApp restricts the
 * account), before anything is prepared for them; messages to known chats go on. The dispatch script has the last word:
 * it closes the gate, and this only spares the tries.
 */
import { describeError, type Logger, SECOND } from '@pombo/runtime';

export interface NewChatGate {
  /** Called when a message was held because its chat is new. Resolves when all others in hand have been looked at. */
  close(chat: string): Promise<void>;
  /** To be called with the chats of messages that come to hand. */
  screen(chats: readonly string[]): Promise<void>;
  /** The account knows these chats now. */
  heard(chats: readonly string[]): void;
  /** Whether new chats are held may have changed. */
  recheck(): void;
  stop(): void;
}

export interface NewChatGateOptions {
  /** Time until a message to a new chat may leave; 0 for now. */
  readonly leftMs: () => Promise<number>;
  readonly findNew: (chats: readonly string[]) => Promise<string[]>;
  readonly dispatcher: {
    waitingChats(): string[];
    hold(chats: readonly string[]): void;
    free(chats?: readonly string[]): void;
  };
  readonly logger: Logger;
}

/** How often to look whether the gate may open: limits can be changed, and restrictions lifted. */
const RECHECK_MS = 2 * SECOND;

export function createNewChatGate({ leftMs, findNew, dispatcher, logger }: NewChatGateOptions): NewChatGate {
  let closed = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  const screen = async (chats: readonly string[]): Promise<void> => {
    if (closed) dispatcher.hold(await findNew(chats));
  };

  const checkIn = (ms: number): void => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void check(), ms);
  };

  const check = async (): Promise<void> => {
    if (!closed || stopped) return;
    const left = await leftMs().catch((error: unknown) => {
      logger.warn('it is not known whether new chats may be written to', describeError(error));
      return RECHECK_MS;
    });
    if (left > 0) return checkIn(Math.min(left, RECHECK_MS));
    closed = false;
    dispatcher.free();
  };

  return {
    async close(chat) {
      dispatcher.hold([chat]);
      if (closed) return;
      closed = true;
      checkIn(RECHECK_MS);
      await screen(dispatcher.waitingChats());
    },
    screen,
    heard(chats) {
      if (closed) dispatcher.free(chats);
    },
    recheck: () => checkIn(0),
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
