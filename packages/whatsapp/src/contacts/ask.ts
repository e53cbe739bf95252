import type { WASocket } from '@whiskeysockets/baileys';

/** Puts a question to the socket of the moment; Baileys' errors come back as ours. */
export type Ask = <T>(question: (socket: WASocket) => Promise<T>) => Promise<T>;
