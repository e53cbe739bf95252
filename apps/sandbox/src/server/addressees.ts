import { getBinaryNodeChild, getBinaryNodeChildren, type BinaryNode } from '@pombo/whatsapp/protocol';

export interface Addressee {
  readonly jid: string;
  readonly enc: BinaryNode;
}

/** Who a message is encrypted for: the devices listed, or the one device it is addressed to (a resend, a peer message). */
export function addressees(message: BinaryNode): Addressee[] {
  const listed = getBinaryNodeChildren(getBinaryNodeChild(message, 'participants'), 'to').flatMap((to) => {
    const enc = getBinaryNodeChild(to, 'enc');
    return enc && to.attrs.jid !== undefined ? [{ jid: to.attrs.jid, enc }] : [];
  });
  const direct = getBinaryNodeChild(message, 'enc');
  const to = message.attrs.participant ?? message.attrs.to;
  return direct && direct.attrs.type !== 'skmsg' && to !== undefined ? [...listed, { jid: to, enc: direct }] : listed;
}
