import { expect, test } from '@jest/globals';
import { buildVcard } from '../src/builders/vcard.js';

const plain = { name: 'Ana', phones: [], emails: [], urls: [] };

test('what would end a value, a line or the card is escaped', () => {
  const lines = buildVcard({
    ...plain,
    name: 'A;B,C\\D\r\nEND:VCARD',
    organization: 'X;Y',
    phones: [{ number: '12345\n6', type: 'work:\n1' }],
    urls: ['https://a.example/\nNOTE:x'],
    note: 'one\ntwo\u0007',
  }).split('\n');
  expect(lines).toEqual([
    ...['BEGIN:VCARD', 'VERSION:3.0'],
    'N:;A\\;B\\,C\\\\D\\nEND:VCARD;;;',
    'FN:A\\;B\\,C\\\\D\\nEND:VCARD',
    'ORG:X\\;Y;',
    'TEL;type=WORK1;type=VOICE:12345 6',
    'URL:https://a.example/ NOTE:x',
    'NOTE:one\\ntwo ',
    'END:VCARD',
  ]);
});

test('a name in parts is written in parts, a number with an account as a chat', () => {
  const card = buildVcard({
    ...plain,
    ...{ name: 'Ana Souza', first_name: 'Ana', last_name: 'Souza' },
    phones: [{ number: '5511988887777', waid: '5511988887777' }],
  });
  expect(card).toContain('\nN:Souza;Ana;;;\nFN:Ana Souza\n');
  expect(card).toContain('\nTEL;type=CELL;type=VOICE;waid=5511988887777:+5511988887777\n');
});
