import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import type { UserDevices } from '@pombo/whatsapp';
import { createMemoryContactBook } from './memory-contact-book.js';
import { createScene, freshId, freshNumber, jidOf, type TestSession } from './scene.js';

const scene = createScene({ distinctIdentities: 2 });
/** What both accounts know of recipients' devices. */
const lists = new Map<string, UserDevices>();
let first: TestSession;
let second: TestSession;
beforeAll(async () => {
  first = await scene.device({ kept: true, book: createMemoryContactBook(lists) });
  second = await scene.device({ kept: true, book: createMemoryContactBook(lists) });
  // Each finds its own phone.
  await first.prepare(freshNumber());
  await second.prepare(freshNumber());
});
beforeEach(() => scene.sandbox.resetCounters());

test('numbers are resolved to the JIDs WhatsApp knows them by, with LID and devices, in one query', async () => {
  scene.sandbox.setFaults({ notOnWhatsApp: ['447700900998'] });
  const numbers = ['447700900999', '551188887777', '5531988887777', '447700900998'];
  const answers = await first.session.checkNumbers(numbers.map(jidOf));
  expect(answers.map(({ asked, jid }) => [asked, jid])).toEqual([
    [jidOf('447700900999'), jidOf('447700900999')],
    // Brazil's ninth digit: area codes up to 28 have it, the others don't.
    [jidOf('551188887777'), jidOf('5511988887777')],
    [jidOf('5531988887777'), jidOf('553188887777')],
    [jidOf('447700900998'), undefined],
  ]);
  const { lid } = await scene.sandbox.recipient('447700900999');
  expect(answers[0]).toMatchObject({ lid, devices: '0 1' });
  expect(scene.sandbox.counters().usync.queries).toBe(1);
});

test('many recipients are prepared with one query for who they are and one for their keys', async () => {
  const numbers = Array.from({ length: 20 }, freshNumber);
  expect(await first.prepare(...numbers)).toEqual(numbers.map(jidOf));
  const ids = numbers.map(freshId);
  for (const [index, number] of numbers.entries()) await first.sendText(number, ids[index]);
  for (const [index, number] of numbers.entries()) {
    const isRead = ({ decrypted }: { decrypted: Readonly<Record<string, number>> }) =>
      decrypted[0] === 1 && decrypted[1] === 1;
    await scene.received(number, ids[index] ?? '', isRead);
  }
  const counters = scene.sandbox.counters();
  expect(counters).toMatchObject({ usync: { queries: 1 }, keyFetches: { requests: 1, devices: 40 } });
});

test('what is prepared at once by several is fetched once', async () => {
  const number = freshNumber();
  await Promise.all([first.prepare(number), first.prepare(number), first.prepare(number)]);
  const { keyFetches } = scene.sandbox.counters();
  expect(keyFetches.byRecipient[number]).toBe(2);
  expect(keyFetches.requests).toBe(1);
});

test('a device without keys is left out, and spoils nothing for the others', async () => {
  const [number, other] = [freshNumber(), freshNumber()];
  const contacts = [
    { jid: jidOf(number), devices: '0 7' },
    { jid: jidOf(other), devices: '7' },
  ];
  expect(await first.session.prepareChats(contacts)).toEqual([jidOf(number)]);
  const id = freshId();
  await first.sendText(number, id);
  await scene.received(number, id);
});

test('devices one account learned of are known to the next, own devices stay its own', async () => {
  const number = freshNumber();
  await first.sendText(number);
  const id = freshId();
  await second.sendText(number, id);
  const message = await scene.received(number, id, ({ decrypted }) => decrypted[0] === 1 && decrypted[1] === 1);
  expect(message.failures).toEqual([]);
  expect(second.book.read).toContain(number);
  const own = [first.jid, second.jid].map((jid) => jid.split(':')[0] ?? '');
  expect([...lists.keys()]).toContain(number);
  for (const user of own) expect([...lists.keys(), ...first.book.read, ...second.book.read]).not.toContain(user);

  scene.sandbox.resetCounters();
  await second.sendText(number);
  await first.sendText(number);
  expect(scene.sandbox.counters().usync.queries).toBe(0);
});

test('a companion that is announced gets the next message of every account', async () => {
  const number = freshNumber();
  await first.sendText(number);
  await second.sendText(number);
  expect(scene.sandbox.changeDevices(number, { add: 1 })).toEqual([0, 1, 2]);
  await eventually('the list has changed', () => lists.get(number)?.devices === '0 1 2');
  for (const device of [first, second]) {
    const id = freshId();
    await device.sendText(number, id);
    await scene.received(number, id, ({ decrypted }) => decrypted[0] === 1 && decrypted[2] === 1);
  }
});

test('who installed WhatsApp anew is asked for again', async () => {
  const number = freshNumber();
  await first.prepare(number);
  await first.sendText(number);
  scene.sandbox.changeIdentity(number);
  await eventually('the list is forgotten', () => !lists.has(number));
});

test('a contact is given one privacy token, however many messages it gets', async () => {
  const number = freshNumber();
  const tokensOf = (who: string) => scene.sandbox.counters().privacyTokens.byRecipient[who];
  for (let sent = 0; sent < 10; sent += 1) await first.sendText(number);
  await eventually('a token is issued', () => tokensOf(number) !== undefined);
  await first.sendText(number);
  const last = freshNumber();
  await first.sendText(last);
  await eventually('the next contact has one too', () => tokensOf(last) === 1);
  expect(tokensOf(number)).toBe(1);
});
