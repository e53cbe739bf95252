import { expect, test } from '@jest/globals';
import { resolveRecipient } from '../src/resolve-recipient.js';

const JID = '5511999990000@s.whatsapp.net';
const CANONICAL = '551199990000@s.whatsapp.net';

/** A server that answers the contact query with these users; undefined for silence. */
const answering = (list: Array<{ id: string; contact?: boolean }> | undefined) => ({
  executeUSyncQuery: () => Promise.resolve(list && { list, sideList: [] }),
});

test.each([
  ['the chat WhatsApp names', [{ id: CANONICAL, contact: true }], CANONICAL],
  ['no chat when WhatsApp says the number is not there', [{ id: JID, contact: false }], undefined],
  ['the number itself when WhatsApp says nothing of it', [{ id: JID }], JID],
  ['the number itself when the answer is empty', [], JID],
])('a number has %s', async (_what, list, expected) => {
  expect(await resolveRecipient(answering(list), JID)).toBe(expected);
});

test('silence is an error, not an answer', async () => {
  await expect(resolveRecipient(answering(undefined), JID)).rejects.toThrow('did not say');
});
