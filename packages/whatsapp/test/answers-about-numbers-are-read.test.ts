import { expect, test } from '@jest/globals';
import type { USyncQuery } from '@whiskeysockets/baileys';
import { type BinaryNode } from '@whiskeysockets/baileys';
import { checkNumbers, type ContactAnswer } from '../src/contacts/look-up-contacts.js';

const JID = '5511999990000@s.whatsapp.net';
const CANONICAL = '551199990000@s.whatsapp.net';

interface AnsweredUser {
  readonly jid: string;
  readonly type?: 'in' | 'out' | 'invalid';
  /** The number as it was asked for. */
  readonly asked?: string;
  readonly devices?: readonly number[];
  /** The server's error instead of devices. */
  readonly error?: string;
}

const node = (tag: string, attrs: BinaryNode['attrs'] = {}, content?: BinaryNode['content']): BinaryNode => ({
  tag,
  attrs,
  ...(content === undefined ? {} : { content }),
});

function userNode({ jid, type, asked, devices, error }: AnsweredUser): BinaryNode {
  const listed = (devices ?? []).map((id) => node('device', { id: String(id), ...(id ? { 'key-index': '1' } : {}) }));
  return node('user', { jid }, [
    ...(type ? [node('contact', { type }, asked === undefined ? undefined : Buffer.from(asked))] : []),
    ...(devices ? [node('devices', {}, [node('device-list', {}, listed)])] : []),
    ...(error ? [node('devices', {}, [node('error', { code: error, text: 'no' })])] : []),
  ]);
}

/** A server that gives these answers one after the other; undefined for silence. */
function answering(...answers: Array<AnsweredUser[] | undefined>) {
  const queries: USyncQuery[] = [];
  return {
    queries,
    executeUSyncQuery(query: USyncQuery) {
      const users = answers[queries.push(query) - 1];
      if (!users) return Promise.resolve(undefined);
      const list = node('list', {}, users.map(userNode));
      return Promise.resolve(query.parseUSyncQueryResult(node('iq', { type: 'result' }, [node('usync', {}, [list])])));
    },
  };
}

const devices = [0, 1];

test.each<[string, AnsweredUser[], ContactAnswer[]]>([
  ['as WhatsApp names it', [{ jid: CANONICAL, type: 'in', devices }], [{ asked: JID, jid: CANONICAL, devices: '0 1' }]],
  ['as not there when WhatsApp says so', [{ jid: JID, type: 'out' }], [{ asked: JID, jid: undefined }]],
  ['as not there when WhatsApp calls it invalid', [{ jid: JID, type: 'invalid' }], [{ asked: JID, jid: undefined }]],
  ['as there when only its devices are named', [{ jid: JID, devices }], [{ asked: JID, jid: JID, devices: '0 1' }]],
  ['as not answered when nothing is said of it', [{ jid: JID }], []],
  ['as not answered when the answer is empty', [], []],
])('a number is read %s', async (_what, users, expected) => {
  expect(await checkNumbers(answering(users), [JID])).toEqual(expected);
});

test('silence is an error, not an answer', async () => {
  await expect(checkNumbers(answering(undefined), [JID])).rejects.toThrow('did not answer');
});

test('answers in any order find the numbers they belong to, one query for all', async () => {
  const other = '5521988887777@s.whatsapp.net';
  const server = answering([
    { jid: other, type: 'in', asked: '+5521988887777', devices },
    { jid: CANONICAL, type: 'in', asked: '+5511999990000', devices },
  ]);
  expect(await checkNumbers(server, [JID, other])).toEqual([
    { asked: JID, jid: CANONICAL, devices: '0 1' },
    { asked: other, jid: other, devices: '0 1' },
  ]);
  expect(server.queries).toHaveLength(1);
});

test('a number whose answer cannot be told from others is asked for alone', async () => {
  const other = '5521988887777@s.whatsapp.net';
  const answer: AnsweredUser = { jid: CANONICAL, type: 'in', devices };
  const server = answering([{ jid: other, type: 'in', devices }, answer], [answer]);
  const found = await checkNumbers(server, [JID, other]);
  expect(found.map(({ asked, jid }) => [asked, jid])).toEqual([
    [JID, CANONICAL],
    [other, other],
  ]);
});

test('a server that leaves the devices out is asked for them', async () => {
  const server = answering([{ jid: JID, type: 'in' }], [{ jid: JID, devices }]);
  expect(await checkNumbers(server, [JID])).toEqual([{ asked: JID, jid: JID, devices: '0 1' }]);
  expect(server.queries[1]?.users.map(({ id }) => id)).toEqual([JID]);
});

test('an error about one person leaves the answers about the others', async () => {
  const other = '447700900123@s.whatsapp.net';
  const users: AnsweredUser[] = [
    { jid: JID, type: 'in', error: '404' },
    { jid: other, type: 'in', devices },
  ];
  const found = await checkNumbers(answering(users, []), [JID, other]);
  expect(found).toEqual([
    { asked: JID, jid: JID },
    { asked: other, jid: other, devices: '0 1' },
  ]);
});
