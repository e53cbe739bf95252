import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodePlace, encodePlace, type MessageDraft } from '@pombo/store';
import { openTestStore, testConfig, type TestStore } from '@pombo/testing';
import { acceptMessage, draftFor } from './drafts.js';

let context: TestStore;
beforeAll(async () => {
  context = await openTestStore(testConfig({ RECORD_RETENTION_MS: '60000' }));
});
afterAll(() => context.close());

async function newDevice(): Promise<string> {
  const { devices } = context.store;
  const { id } = await devices.create('ten_a', 'phone');
  await devices.report(id, { paired: true });
  return id;
}
async function accepted(deviceId: string, changes: Partial<MessageDraft> = {}): Promise<string> {
  const draft = draftFor(context.store, deviceId, changes);
  await acceptMessage(context.store, draft);
  return draft.id;
}
const idsOf = async (deviceId: string): Promise<string[]> =>
  (await context.store.messageIndex.read(deviceId, undefined, 1000)).map(({ messageId }) => messageId);

/** Old enough that no record of then can be left. */
async function addAncient(deviceId: string, count: number, ageMs: number): Promise<void> {
  const key = context.store.keys.messageIndex(deviceId);
  const at = Date.now() - ageMs;
  for (let i = 0; i < count; i += 1) await context.redis.xadd(key, `${at}-${i}`, 'm', '0'.repeat(15));
}

test('a device’s list has its messages newest first, each once however often it is accepted', async () => {
  const deviceId = await newDevice();
  const draft = draftFor(context.store, deviceId);
  const first = await accepted(deviceId);
  for (let i = 0; i < 3; i += 1) await acceptMessage(context.store, draft);
  const last = await accepted(deviceId);
  expect(await idsOf(deviceId)).toEqual([last, draft.id, first]);
});

test('a list goes on in order when the clock of Redis goes back', async () => {
  const deviceId = await newDevice();
  const ahead = `${Date.now() + 3_600_000}-5`;
  await context.redis.xadd(context.store.keys.messageIndex(deviceId), ahead, 'm', '0'.repeat(15));
  const ids = [await accepted(deviceId), await accepted(deviceId)];
  expect((await idsOf(deviceId)).slice(0, 2)).toEqual(ids.reverse());
});

test('a message that is refused is not in the list', async () => {
  const { id } = await context.store.devices.create('ten_a', 'unpaired');
  await expect(accepted(id)).rejects.toMatchObject({ code: 'DEVICE_NOT_READY' });
  expect(await idsOf(id)).toEqual([]);
});

test('the list is rid of what is older than any record can be, as new messages come', async () => {
  const deviceId = await newDevice();
  // Redis trims whole pages of 100 entries.
  await addAncient(deviceId, 250, 200_000);
  const id = await accepted(deviceId, { expiresInMs: 60_000 });
  expect((await idsOf(deviceId)).length).toBeLessThan(100);
  expect((await idsOf(deviceId))[0]).toBe(id);
});

test('the list keeps a message that was given a long time, as long as that may last', async () => {
  const deviceId = await newDevice();
  const scheduled = await accepted(deviceId, { sendAt: Date.now() + 500_000 });
  await context.redis.del(context.store.keys.messageIndex(deviceId));
  await addAncient(deviceId, 250, 200_000);
  await accepted(deviceId);
  expect((await idsOf(deviceId)).length).toBe(251);
  expect((await context.store.messages.read(scheduled))?.state).toBe('queued');
});

test('a place survives the way to a client and back, and nothing else is one', async () => {
  const place = { at: 1_790_000_000_123, number: 7, deviceId: await newDevice() };
  expect(decodePlace(encodePlace(place))).toEqual(place);
  for (const text of ['', 'x', encodePlace({ ...place, deviceId: 'dev_1' }), 'MS0x'])
    expect(decodePlace(text)).toBeUndefined();
});
