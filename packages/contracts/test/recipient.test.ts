import { expect, test } from '@jest/globals';
import { parseRecipient, recipientKind } from '@pombo/contracts';

test.each([
  ['5511999998888', '5511999998888@s.whatsapp.net'],
  ['+55 (11) 99999-8888', '5511999998888@s.whatsapp.net'],
  ['  1 555 123-4567 ', '15551234567@s.whatsapp.net'],
  ['1234567890', '1234567890@s.whatsapp.net'],
  ['123456789012345', '123456789012345@s.whatsapp.net'],
  ['5511999998888@s.whatsapp.net', '5511999998888@s.whatsapp.net'],
  ['120363041234567890@g.us', '120363041234567890@g.us'],
  ['5511999998888-1500000000@g.us', '5511999998888-1500000000@g.us'],
  ['120363041234567890@newsletter', '120363041234567890@newsletter'],
  ['123456789012345@lid', '123456789012345@lid'],
])('%s is %s', (written, jid) => {
  expect(parseRecipient(written)).toBe(jid);
});

test.each([
  ...[
    '',
    '123456789',
    '1234567890123456',
    '55119999x8888',
    'me@example.com',
    '@s.whatsapp.net',
    '+',
    '++5511999998888',
  ],
  ...[
    '5511999998888@g',
    '5511999998888@S.WHATSAPP.NET',
    '5511999998888:3@s.whatsapp.net',
    '55119999988٨٨',
    'status@broadcast',
  ],
])('“%s” is no recipient', (written) => {
  expect(parseRecipient(written)).toBeUndefined();
});

test('the kind follows from the server part', () => {
  expect(['1@g.us', '1@newsletter', '1@lid', '1@s.whatsapp.net'].map(recipientKind)).toEqual([
    'group',
    'newsletter',
    'lid',
    'user',
  ]);
});
