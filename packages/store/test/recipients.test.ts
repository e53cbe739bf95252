import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { chatLane, numberSpellings } from '@pombo/contracts';
import { eventually, openTestStore, removeKeys, testConfig, type TestStore } from '@pombo/testing';
import { createClaims, createStore, type Store } from '@pombo/store';

let context: TestStore;
let store: Store;
beforeAll(async () => {
  context = await openTestStore(testConfig({ LOOK_UPS_PER_HOUR: '3600000', LOOK_UP_BURST: '10' }));
  ({ store } = context);
});
beforeEach(() => removeKeys(context.redis, context.config.REDIS_PREFIX));
afterAll(() => context.close());

const JID = '5511988887777@s.whatsapp.net';
const OTHER_SPELLING = '551188887777@s.whatsapp.net';
const LID = '104401100000000@lid';
const known = { jid: JID, lid: LID, devices: '0 1' };

test('what is known of a person is found under every spelling that was asked for, and under the LID', async () => {
  await store.recipients.save([{ asked: OTHER_SPELLING, ...known }]);
  expect(await store.recipients.read([JID, OTHER_SPELLING, LID, '447700900123@s.whatsapp.net'])).toEqual([
    known,
    known,
    known,
    undefined,
  ]);
  expect(await store.recipients.readDevices(['5511988887777', '104401100000000', '447700900123'])).toEqual([
    { jid: JID, devices: '0 1' },
    { jid: LID, devices: '0 1' },
    undefined,
  ]);
});

test('that a number is not on WhatsApp is believed for a shorter time', async () => {
  await store.recipients.save([
    { asked: JID, jid: undefined },
    { asked: LID, jid: LID, devices: '0' },
  ]);
  expect(await store.recipients.read([JID])).toEqual([{ jid: undefined }]);
  const { RECIPIENT_ABSENT_RETENTION_MS: absentMs, RECIPIENT_RETENTION_MS: knownMs } = context.config;
  expect(await context.redis.pttl(store.keys.recipient('5511988887777'))).toBeLessThanOrEqual(absentMs);
  expect(await context.redis.pttl(store.keys.recipientLid('104401100000000'))).toBeGreaterThan(knownMs - 60_000);
});

test('a changed device list is one for all names of the person, and keeps the age of what is known', async () => {
  await store.recipients.save([{ asked: OTHER_SPELLING, ...known }]);
  await context.redis.pexpire(store.keys.recipient('5511988887777'), 5_000);
  await store.recipients.saveDevices([{ jid: LID, devices: '0 1 2' }]);
  expect(await store.recipients.read([OTHER_SPELLING])).toEqual([{ ...known, devices: '0 1 2' }]);
  expect(await context.redis.pttl(store.keys.recipient('5511988887777'))).toBeLessThanOrEqual(5_000);
  await store.recipients.forgetDevices(['104401100000000']);
  expect(await store.recipients.read([JID])).toEqual([{ jid: JID, lid: LID }]);
});

test('a person with another LID is found under the new one', async () => {
  await store.recipients.save([{ asked: JID, ...known }]);
  await store.recipients.changeLid(JID, '99900011122233@lid');
  expect(await store.recipients.read(['99900011122233@lid'])).toEqual([{ ...known, lid: '99900011122233@lid' }]);
  await store.recipients.changeLid('447700900123@s.whatsapp.net', LID);
  expect(await store.recipients.read(['447700900123@s.whatsapp.net'])).toEqual([undefined]);
});

test('a person is asked about by one process at a time, and by the next when that one died', async () => {
  const [first, second] = [
    store.recipientClaims,
    createClaims(context.redis, (jid) => store.keys.recipientClaim(jid), 60_000),
  ];
  expect(await first.claim([JID, LID])).toEqual([JID, LID]);
  expect(await second.claim([JID, LID])).toEqual([]);
  await second.release([JID, LID]);
  expect(await second.claim([JID])).toEqual([]);
  await first.release([JID]);
  expect(await second.claim([JID, LID])).toEqual([JID]);
  await context.redis.pexpire(store.keys.recipientClaim(LID), 1);
  await eventually('the claim runs out', async () => (await second.claim([LID])).length === 1);
  await first.release([LID]);
  expect(await first.claim([LID])).toEqual([]);
});

test('a device may ask so many numbers, then has to wait; other devices need not', async () => {
  const slow = createStore(context.redis, { ...context.config, LOOK_UPS_PER_HOUR: 60, LOOK_UP_BURST: 10 });
  const [one, two] = [await slow.devices.create('ten_a', 'one'), await slow.devices.create('ten_a', 'two')];
  expect(await slow.lookUpBudget.take(one.id, 8)).toEqual({ granted: 8, nextInMs: 0 });
  expect(await slow.lookUpBudget.take(one.id, 8)).toMatchObject({ granted: 2 });
  const { granted, nextInMs } = await slow.lookUpBudget.take(one.id, 1);
  expect(granted).toBe(0);
  expect(nextInMs).toBeGreaterThan(50_000);
  expect(nextInMs).toBeLessThanOrEqual(60_000);
  expect(await slow.lookUpBudget.take(two.id, 1)).toMatchObject({ granted: 1 });
});

test('the budget fills up again, and 0 a hour means no limit', async () => {
  const { id } = await store.devices.create('ten_a', 'quick');
  await store.lookUpBudget.take(id, 10);
  // One a millisecond.
  await eventually('five are there', async () => (await store.lookUpBudget.take(id, 5)).granted === 5);
  const free = createStore(context.redis, { ...context.config, LOOK_UPS_PER_HOUR: 0 });
  expect(await free.lookUpBudget.take(id, 5_000)).toEqual({ granted: 5_000, nextInMs: 0 });
});

test('everything kept about a number goes, under any spelling of it, and nothing else', async () => {
  const { id } = await store.devices.create('ten_a', 'phone');
  const neighbour = { asked: '55119888877771@s.whatsapp.net', jid: '55119888877771@s.whatsapp.net' };
  await store.recipients.save([{ asked: OTHER_SPELLING, ...known }, neighbour]);
  await store.privacyTokenTimes.markIssued(id, [JID, neighbour.jid]);
  const auth = store.keys.auth(id);
  const own = ['session:104401100000000_1.0', 'lid-mapping:5511988887777', 'tctoken:104401100000000@lid'];
  const others = ['session:1044011000000009_1.0', 'lid-mapping:55119888877771', 'creds'];
  await context.redis.hset(auth, Object.fromEntries([...own, ...others].map((field) => [field, 'x'])));

  await store.eraseRecipient([JID, OTHER_SPELLING, LID], [id]);
  expect(await store.recipients.read([JID, OTHER_SPELLING, LID])).toEqual([undefined, undefined, undefined]);
  expect(await store.privacyTokenTimes.findDue(id, [JID, neighbour.jid])).toEqual([JID]);
  expect((await context.redis.hkeys(auth)).sort()).toEqual([...others].sort());
  expect(await store.recipients.read([neighbour.jid])).toEqual([{ jid: neighbour.jid }]);
});

test('both spellings of a Brazilian mobile number are one chat; other numbers have one spelling', () => {
  expect(numberSpellings('551188887777')).toEqual(['5511988887777', '551188887777']);
  expect(numberSpellings('5511988887777')).toEqual(['5511988887777', '551188887777']);
  expect(numberSpellings('447700900123')).toEqual(['447700900123']);
  expect(chatLane(JID)).toBe(chatLane(OTHER_SPELLING));
  expect(chatLane('5511988887777@g.us')).toBe('5511988887777@g.us');
});
