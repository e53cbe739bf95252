/** Receipts as WhatsApp sends them, read from the stanza itself: Baileys' own events are held back while it buffers. */
import { areJidsSameUser, type BinaryNode, getBinaryNodeChildren } from '@whiskeysockets/baileys';

export type ReceiptKind = 'delivered' | 'read' | 'played';

/** What recipients' devices say about messages of ours. */
export interface Receipt {
  readonly kind: ReceiptKind;
  readonly messageIds: readonly string[];
}

/** No type: delivered. `inactive`: delivered to a client that is not in the foreground. */
const KINDS: Readonly<Record<string, ReceiptKind>> = {
  '': 'delivered',
  delivery: 'delivered',
  inactive: 'delivered',
  read: 'read',
  played: 'played',
};

/**
 * @param ownJids of this account, since its other devices send receipts too.
 * @returns undefined for receipts that say nothing about what a recipient saw (retry requests, our own phone's).
 */
export function parseReceipt(node: BinaryNode, ownJids: ReadonlyArray<string | undefined>): Receipt | undefined {
  const { id, type = '', from, participant, recipient } = node.attrs;
  const kind = KINDS[type];
  if (!kind || !id || !from) return undefined;
  const sender = participant ?? from;
  if (recipient !== undefined || ownJids.some((own) => own !== undefined && areJidsSameUser(own, sender)))
    return undefined;
  const grouped = groupedIds(node);
  return { kind, messageIds: grouped.length > 0 ? grouped : [id, ...listedIds(node)] };
}

/** A group's receipts may come together: by message those who saw it, under an id of the receipt's own. */
function groupedIds(node: BinaryNode): string[] {
  return getBinaryNodeChildren(node, 'participants').flatMap(({ attrs }) => attrs['key'] ?? []);
}

function listedIds(node: BinaryNode): string[] {
  return getBinaryNodeChildren(node, 'list')
    .flatMap((list) => getBinaryNodeChildren(list, 'item'))
    .flatMap((item) => item.attrs['id'] ?? []);
}
