import { jidDecode } from '@whiskeysockets/baileys';

/** The user part of a JID: digits of a number or LID, without device. */
export function userOf(jid: string | undefined): string | undefined {
  return jid === undefined ? undefined : jidDecode(jid)?.user;
}
