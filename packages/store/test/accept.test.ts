import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PomboError } from '@pombo/contracts';
import { keysOf, openTestStore, testConfig, type TestStore } from '@pombo/testing';
import { acceptMessage, draftFor } from './drafts.js';

describe('accepting a message', () => {
  let context: TestStore;
  let deviceId: string;

  beforeAll(async () => {
    context = await openTestStore(testConfig({ DEVICE_MAX_WAITING: '3' }));
    deviceId = (await context.store.devices.create('ten_a', 'phone')).id;
    await context.store.devices.report(deviceId, { paired: true, state: 'connected' });
  });
  afterAll(() => context.close());

  test('gives sequence numbers from 1, writes record and content, announces message.queued', async () => {
    const draft = draftFor(context.store, deviceId, { clientReference: 'order-7' });
    expect(await acceptMessage(context.store, draft)).toEqual({ sequence: 1 });

    const record = await context.store.messages.read(draft.id);
    expect(record).toMatchObject({
      id: draft.id,
      state: 'queued',
      sequence: 1,
      tenantId: 'ten_a',
      to: draft.to,
      clientReference: 'order-7',
      attempts: 0,
    });
    expect((record?.expiresAt ?? 0) - (record?.queuedAt ?? 0)).toBe(draft.expiresInMs);
    expect(await context.store.messages.readContent(draft.id)).toEqual(draft.content);
    const events = await context.store.outbox.read(draft.id.slice(4, 7) as never, 10);
    expect(events).toMatchObject([{ id: `evt_${draft.id}_queued`, event: 'message.queued', messageId: draft.id }]);
  });

  test('is idempotent by id: the second time changes nothing and gives the same number', async () => {
    const draft = draftFor(context.store, deviceId);
    const first = await acceptMessage(context.store, draft);
    expect(await acceptMessage(context.store, draft)).toEqual({ ...first, known: 'queued' });
    expect(await context.store.devices.waiting(deviceId)).toBe(2);
  });

  test('refuses above the cap, and again accepts once a message is done', async () => {
    const third = draftFor(context.store, deviceId);
    await acceptMessage(context.store, third);
    const refused = draftFor(context.store, deviceId);
    await expect(acceptMessage(context.store, refused)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    expect(await context.store.messages.read(refused.id)).toBeUndefined();

    await context.store.messages.transition(third.id, deviceId, 'sent');
    await expect(acceptMessage(context.store, refused)).resolves.toEqual({ sequence: 4 });
  });

  test('refuses for a device that was never paired, and for one that does not exist', async () => {
    const unpaired = (await context.store.devices.create('ten_a', 'new')).id;
    const attempt = (id: string) => acceptMessage(context.store, draftFor(context.store, id));
    await expect(attempt(unpaired)).rejects.toMatchObject({ code: 'DEVICE_NOT_READY' });
    await expect(attempt('dev_A1F00000000000000000')).rejects.toBeInstanceOf(PomboError);
  });

  test('refuses for a device that is banned, but knows what it accepted before', async () => {
    const { id } = await context.store.devices.create('ten_a', 'banned');
    await context.store.devices.report(id, { paired: true });
    const before = draftFor(context.store, id);
    await acceptMessage(context.store, before);
    await context.store.devices.report(id, { state: 'banned' });
    await expect(acceptMessage(context.store, draftFor(context.store, id))).rejects.toMatchObject({
      code: 'DEVICE_NOT_READY',
    });
    await expect(acceptMessage(context.store, before)).resolves.toMatchObject({ known: 'queued' });
  });

  test('keeps no caption and no picture address in the clear', async () => {
    const { redis, config } = context;
    const secret = 'CAPTION-THAT-NOBODY-MAY-READ';
    const other = (await context.store.devices.create('ten_a', 'second')).id;
    await context.store.devices.report(other, { paired: true });
    const content = { type: 'image', source: { url: `https://example.com/${secret}` }, caption: secret } as const;
    await acceptMessage(context.store, draftFor(context.store, other, { content }));
    const keys = await keysOf(redis, config.REDIS_PREFIX);
    const dumps = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
    expect(dumps.some((dump) => dump.includes(secret))).toBe(false);
  });
});
