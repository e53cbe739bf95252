/** Mentions and quotes: the part all message types share. */
import { jidNormalizedUser, type proto } from '@whiskeysockets/baileys';

/** The message being answered. `participant` wrote it. */
export interface QuotedMessage {
  readonly id: string;
  readonly participant: string;
  /** The chat it stands in, where that is another one. */
  readonly remoteJid?: string;
  readonly message: proto.IMessage;
}

export interface ContextOptions {
  /** JIDs. */
  readonly mentioned?: readonly string[];
  readonly quoted?: QuotedMessage;
}

/** @returns undefined when there is nothing to say, so that the message carries no empty context. */
export function buildContextInfo({ mentioned = [], quoted }: ContextOptions): proto.IContextInfo | undefined {
  if (mentioned.length === 0 && !quoted) return undefined;
  return {
    ...(mentioned.length > 0 ? { mentionedJid: [...mentioned] } : {}),
    ...(quoted
      ? {
          stanzaId: quoted.id,
          participant: jidNormalizedUser(quoted.participant),
          quotedMessage: quoted.message,
          ...(quoted.remoteJid === undefined ? {} : { remoteJid: quoted.remoteJid }),
        }
      : {}),
  };
}
