import { USyncQuery, USyncUser, type WASocket } from '@whiskeysockets/baileys';
import { userOf } from './jid-user.js';

/**
 * Asks WhatsApp which chat a number has: it may differ from the digits (Brazil's ninth digit).
 * @param jid made from the number.
 * @returns the chat's JID; undefined when WhatsApp says that the number is not there. An answer that says neither leaves
 * the number as it is: then the message's own outcome decides.
 * @throws Error when there is no answer.
 */
export async function resolveRecipient(
  socket: Pick<WASocket, 'executeUSyncQuery'>,
  jid: string,
): Promise<string | undefined> {
  const query = new USyncQuery().withContactProtocol().withUser(new USyncUser().withPhone(`+${userOf(jid)}`));
  const answer = await socket.executeUSyncQuery(query);
  if (!answer) throw new Error('WhatsApp did not say whether the number exists');
  const { list } = answer;
  const found = list.find(({ contact }) => contact === true);
  if (found) return found.id;
  return list.some(({ contact }) => contact === false) ? undefined : jid;
}
