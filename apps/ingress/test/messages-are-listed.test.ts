import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MessageDraft, Store } from '@pombo/store';
import { createReadyDevice, createTenant, type Harness, IMAGE_URL, NUMBER, openHarness } from './ingress-harness.js';

let harness: Harness;

beforeAll(async () => {
  harness = await openHarness();
});
afterAll(async () => harness.close());

interface Lister {
  readonly tenantId: string;
  readonly token: string;
  readonly devices: readonly string[];
}
async function newTenant(devices: number): Promise<Lister> {
  const { tenantId, token } = await createTenant(harness.store);
  const ids: string[] = [];
  for (let i = 0; i < devices; i += 1) ids.push(await createReadyDevice(harness.store, tenantId));
  return { tenantId, token, devices: ids };
}

/** Accepts messages in one go, so that many of them share a millisecond. @returns their ids, oldest first. */
async function acceptMany(
  store: Store,
  { tenantId, devices }: Lister,
  count: number,
  changes: Partial<MessageDraft> = {},
) {
  const ids: string[] = [];
  const accepts: Array<Promise<unknown>> = [];
  for (let i = 0; i < count; i += 1) {
    const deviceId = devices[i % devices.length] ?? '';
    const id = store.messages.createId(deviceId);
    ids.push(id);
    const draft: MessageDraft = {
      ...{ id, deviceId, tenantId, userId: 'usr_a', to: `${NUMBER}@s.whatsapp.net`, priority: 'normal' },
      ...{ content: { type: 'image', source: { url: IMAGE_URL } }, expiresInMs: 60_000, awaited: false },
      ...changes,
    };
    accepts.push(store.messages.accept(draft));
  }
  await Promise.all(accepts);
  return ids;
}

interface Page {
  readonly ids: string[];
  readonly next: string | null;
}
async function list({ token }: { token: string }, query: string): Promise<Page> {
  const { status, body } = await harness.call('GET', `/messages?${query}`, { token });
  expect(status).toBe(200);
  expect(body['success']).toBe(true);
  const messages = body['messages'] as Array<Record<string, unknown>>;
  return { ids: messages.map((message) => String(message['message_id'])), next: body['next'] as string | null };
}
async function listAll(lister: Lister, query: string, after: string | null = null) {
  const all: Page[] = [];
  let next = after;
  do {
    const page: Page = await list(lister, `${query}${next === null ? '' : `&after=${next}`}`);
    all.push(page);
    next = page.next;
  } while (next !== null);
  return { ids: all.flatMap(({ ids }) => ids), pages: all.map(({ ids }) => ids.length) };
}

describe('GET /messages', () => {
  test('shows messages as GET /messages/{id} does, newest first', async () => {
    const lister = await newTenant(2);
    const { token } = lister;
    expect(await list(lister, '')).toEqual({ ids: [], next: null });
    const sent: string[] = [];
    for (const device_id of [...lister.devices, ...lister.devices]) {
      const body = { number: NUMBER, image_url: IMAGE_URL, device_id };
      sent.unshift(String((await harness.call('POST', '/send/image', { token, body })).body['message_id']));
    }
    expect(await list(lister, '')).toEqual({ ids: sent, next: null });
    const { body } = await harness.call('GET', '/messages?limit=1', { token });
    const single = await harness.call('GET', `/messages/${String(sent[0])}`, { token });
    expect({ success: true, ...(body['messages'] as object[])[0] }).toEqual(single.body);
  });

  test.each([1, 7, 100])('misses and repeats none that share a millisecond, in pages of %d', async (limit) => {
    const lister = await newTenant(3);
    const accepted = await acceptMany(harness.store, lister, limit === 1 ? 30 : 300);
    const { ids, pages } = await listAll(lister, `limit=${limit}`);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual([...accepted].sort());
    for (const deviceId of lister.devices) {
      const own = (all: string[]) => all.filter((id) => id.slice(4, 7) === deviceId.slice(4, 7));
      expect(own(ids)).toEqual(own(accepted).reverse());
    }
    expect(pages.slice(0, -1).every((length) => length === limit)).toBe(true);
    expect(pages.at(-1)).toBeGreaterThan(0);
    const times = await Promise.all(ids.map(async (id) => (await harness.store.messages.read(id))?.queuedAt ?? 0));
    expect(times).toEqual([...times].sort((a, b) => b - a));
  });

  test('goes on where it was although messages came meanwhile', async () => {
    const lister = await newTenant(2);
    const early = await acceptMany(harness.store, lister, 6);
    const first = await list(lister, 'limit=2');
    const late = await acceptMany(harness.store, lister, 6);
    const rest = await listAll(lister, 'limit=2', first.next);
    expect([...first.ids, ...rest.ids].sort()).toEqual([...early].sort());
    expect((await listAll(lister, 'limit=2')).ids).toHaveLength(early.length + late.length);
  });

  test('filters by status, device and client reference', async () => {
    const lister = await newTenant(2);
    const { store } = harness;
    const [device = '', other = ''] = lister.devices;
    const plain = await acceptMany(store, lister, 6);
    const named = await acceptMany(store, lister, 4, { clientReference: 'order 7/ä' });
    const ended = plain.filter((id) => id.slice(4, 7) === device.slice(4, 7));
    for (const id of ended) await store.messages.transition(id, device, 'canceled');
    const get = async (query: string) => (await listAll(lister, query)).ids.sort();
    expect(await get('status=canceled')).toEqual([...ended].sort());
    expect(await get(`status=canceled&device_id=${other}`)).toEqual([]);
    expect(await get(`clientReference=${encodeURIComponent('order 7/ä')}`)).toEqual([...named].sort());
    expect((await get(`device_id=${other}`)).length).toBe(5);
    expect(await get('status=queued&limit=3')).toEqual([...plain, ...named].filter((id) => !ended.includes(id)).sort());
    expect(await get('client_reference=none')).toEqual([]);
  });

  test('takes a filter that is empty for none', async () => {
    const lister = await newTenant(1);
    const sent = await acceptMany(harness.store, lister, 3);
    expect(await list(lister, 'status=&device_id=&client_reference=&after=&limit=')).toEqual({
      ids: [...sent].reverse(),
      next: null,
    });
  });

  test('looks at a bounded number of messages, and comes back short with a next', async () => {
    const lister = await newTenant(1);
    const [rare = ''] = await acceptMany(harness.store, lister, 1, { clientReference: 'rare' });
    await acceptMany(harness.store, lister, 1_500);
    const first = await list(lister, 'client_reference=rare');
    expect(first.ids).toEqual([]);
    expect(first.next).not.toBeNull();
    expect(await list(lister, `client_reference=rare&after=${String(first.next)}`)).toEqual({
      ids: [rare],
      next: null,
    });
  });

  test('passes over messages whose record is forgotten', async () => {
    const lister = await newTenant(1);
    const [oldest = '', middle = '', newest = ''] = await acceptMany(harness.store, lister, 3);
    await harness.store.redis.unlink(harness.store.keys.record(middle));
    expect((await listAll(lister, 'limit=1')).ids).toEqual([newest, oldest]);
  });

  test.each([
    ['status', 'status=lost'],
    ['client_reference', `client_reference=${'x'.repeat(129)}`],
    ['after', 'after=nonsense'],
    ['after', `after=${Buffer.from('1-1.dev_x').toString('base64url')}`],
    ['limit', 'limit=0'],
    ['limit', 'limit=101'],
    ['limit', 'limit=many'],
    ['status', 'status=sent&status=queued'],
  ])('refuses a bad %s by name: %s', async (field, query) => {
    const { status, body } = await harness.call('GET', `/messages?${query}`);
    expect(status).toBe(400);
    expect(body['error_code']).toBe('VALIDATION_ERROR');
    expect(body['validation']).toContainEqual(expect.objectContaining({ field }));
  });

  test('shows nothing of another tenant, whatever is asked for', async () => {
    const [mine, theirs] = [await newTenant(1), await newTenant(1)];
    await acceptMany(harness.store, theirs, 3, { clientReference: 'secret' });
    const { next } = await list(theirs, 'limit=1');
    expect(await list(mine, '')).toEqual({ ids: [], next: null });
    expect(await list(mine, 'client_reference=secret')).toEqual({ ids: [], next: null });
    expect(await list(mine, `after=${String(next)}`)).toEqual({ ids: [], next: null });
    const answer = await harness.call('GET', `/messages?device_id=${String(theirs.devices[0])}`, { token: mine.token });
    expect([answer.status, answer.body['error_code']]).toEqual([404, 'DEVICE_NOT_FOUND']);
  });

  test('needs a token', async () => {
    expect((await harness.call('GET', '/messages', { token: undefined })).status).toBe(401);
  });
});
