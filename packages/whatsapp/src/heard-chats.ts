/** Whom the account knows: those who wrote to it, and those it wrote to with its phone. */
import { areJidsSameUser, type BinaryNode, isLidUser, isPnUser, jidNormalizedUser } from '@whiskeysockets/baileys';

/** Attributes of a message stanza that name the other side, by number or LID. */
const OTHER_SIDE = ['from', 'sender_pn', 'sender_lid', 'recipient', 'peer_recipient_pn', 'peer_recipient_lid'] as const;

/** @returns JIDs of the one chat a message belongs to; none for groups and the like. */
export function chatsOfMessage({ attrs }: BinaryNode, ownJids: ReadonlyArray<string | undefined>): string[] {
  return peopleOf(
    OTHER_SIDE.map((name) => attrs[name]),
    ownJids,
  );
}

/** Those of the JIDs that are people other than this account, without their devices. */
export function peopleOf(
  jids: ReadonlyArray<string | null | undefined>,
  ownJids: ReadonlyArray<string | undefined>,
): string[] {
  const people = jids.filter((jid) => typeof jid === 'string').filter((jid) => isPnUser(jid) || isLidUser(jid));
  const others = people.filter((jid) => !ownJids.some((own) => own !== undefined && areJidsSameUser(own, jid)));
  return [...new Set(others.map((jid) => jidNormalizedUser(jid)))];
}
