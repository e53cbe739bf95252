import { expect, test } from '@jest/globals';
import type { BinaryNode } from '@whiskeysockets/baileys';
import { parseReceipt } from '../src/receipts.js';

const OWN = ['5511900000001:3@s.whatsapp.net', '1000001:3@lid'];
const CONTACT = '5511900000002@s.whatsapp.net';
const GROUP = '120363000000000001@g.us';

const receipt = (attrs: BinaryNode['attrs'], content: BinaryNode[] = []): BinaryNode => ({
  tag: 'receipt',
  attrs,
  content,
});
const items = (...ids: string[]): BinaryNode[] => ids.map((id) => ({ tag: 'item', attrs: { id } }));

test.each([
  [undefined, 'delivered'],
  ['delivery', 'delivered'],
  ['inactive', 'delivered'],
  ['read', 'read'],
  ['played', 'played'],
])('a receipt of type %s says %s', (type, kind) => {
  expect(parseReceipt(receipt({ id: 'A', from: CONTACT, ...(type ? { type } : {}) }), OWN)).toEqual({
    kind,
    messageIds: ['A'],
  });
});

test.each(['retry', 'enc_rekey_retry', 'sender', 'read-self', 'played-self', 'hist_sync', 'peer_msg', 'server-error'])(
  'a receipt of type %s says nothing about what a recipient saw',
  (type) => {
    expect(parseReceipt(receipt({ id: 'A', from: CONTACT, type }), OWN)).toBeUndefined();
  },
);

test('a receipt for several messages names the others in a list', () => {
  const list = { tag: 'list', attrs: {}, content: items('B', 'C') };
  expect(parseReceipt(receipt({ id: 'A', from: CONTACT, type: 'read' }, [list]), OWN)?.messageIds).toEqual([
    'A',
    'B',
    'C',
  ]);
});

test('a group’s receipts that come together name the message, and have an id of their own', () => {
  const seen = ['B', 'C'].map((key) => ({
    tag: 'participants',
    attrs: { key },
    content: [{ tag: 'user', attrs: { jid: CONTACT, t: '1700000000' } }],
  }));
  expect(parseReceipt(receipt({ id: 'own', from: GROUP, type: 'read' }, seen), OWN)).toEqual({
    kind: 'read',
    messageIds: ['B', 'C'],
  });
});

test('what this account’s own devices saw is no receipt', () => {
  expect(parseReceipt(receipt({ id: 'A', from: OWN[0] ?? '' }), OWN)).toBeUndefined();
  expect(parseReceipt(receipt({ id: 'A', from: GROUP, participant: OWN[1] ?? '' }), OWN)).toBeUndefined();
});
