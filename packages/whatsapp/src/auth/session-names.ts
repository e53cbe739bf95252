/**
 * Which Signal session is meant, whatever it is called: one with a device of a person is kept under the LID once that is
 * known, and asked for by number as before. The number names it here, since it does not change when the LID is learnt.
 */
import { isLidUser, jidDecode, type SignalKeyStore } from '@whiskeysockets/baileys';

/** @param key a JID with its device, or anything else, which stands for itself. @param findNumber of a LID, as a JID. */
export async function sessionNameOf(key: string, findNumber: (lid: string) => Promise<string | null>): Promise<string> {
  const jid = isLidUser(key) ? ((await findNumber(key)) ?? key) : key;
  const decoded = jidDecode(jid);
  return decoded ? nameOf(decoded.user, decoded.device ?? 0, isLidUser(jid) ? 'lid' : 'number') : key;
}

/** Names of the sessions with all devices of the person who has this number. */
export async function deviceNamesOf(store: SignalKeyStore, jid: string): Promise<string[]> {
  const decoded = jidDecode(jid);
  if (!decoded || isLidUser(jid)) return [];
  const { [decoded.user]: listed = [] } = await store.get('device-list', [decoded.user]);
  return [decoded.device ?? 0, ...listed.map(Number)].map((device) => nameOf(decoded.user, device, 'number'));
}

const nameOf = (user: string, device: number, kind: 'lid' | 'number'): string => `${kind} ${user}:${device}`;
