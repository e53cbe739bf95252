import { expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import type { AuthStore } from '@pombo/whatsapp';
import { createSignalStore } from '../src/auth/signal-store.js';
import { createMemoryAuthStore } from './memory-auth-store.js';
import { failureOf } from './failure-of.js';

const session = (counter: number) => ({ _sessions: {}, version: 'v1', counter });

/** A store whose reads are answered when the test says so, with what was stored when they were asked. */
function createSlowReads(store: AuthStore) {
  const answers: Array<() => void> = [];
  const read: AuthStore['read'] = async (names) => {
    const texts = await store.read(names);
    await new Promise<void>((resolve) => answers.push(resolve));
    return texts;
  };
  return { auth: { ...store, read }, answerAll: () => answers.splice(0).forEach((answer) => answer()) };
}

test('a read that a write overtook brings back neither an older ratchet nor a deleted one', async () => {
  const stored = createMemoryAuthStore(
    new Map([
      ['session:1', JSON.stringify(session(1))],
      ['session:2', JSON.stringify(session(1))],
    ]),
  );
  const { auth, answerAll } = createSlowReads(stored);
  const signalStore = createSignalStore(auth);
  const early = signalStore.get('session', ['1', '2']);
  await signalStore.set({ session: { 1: session(2) as never, 2: null } });
  answerAll();
  expect(await early).toEqual({ 1: session(2) });
  expect(await signalStore.get('session', ['1', '2'])).toEqual({ 1: session(2) });
});

test('what is remembered costs no read, also of what was deleted', async () => {
  const stored = createMemoryAuthStore();
  let reads = 0;
  const signalStore = createSignalStore({
    ...stored,
    read: (names) => {
      reads += 1;
      return stored.read(names);
    },
  });
  await signalStore.set({ session: { 1: session(1) as never, 2: null } });
  expect(await signalStore.get('session', ['1', '2'])).toEqual({ 1: session(1) });
  expect(reads).toBe(0);
});

test('what is looked for in one breath is one read, and each gets its own', async () => {
  const stored = createMemoryAuthStore(new Map([1, 2].map((nth) => [`session:${nth}`, JSON.stringify(session(nth))])));
  const asked: string[][] = [];
  const read: AuthStore['read'] = (names) => {
    asked.push([...names]);
    return asked.length === 1 ? stored.read(names) : Promise.reject(new Error('Redis is away'));
  };
  const signalStore = createSignalStore({ ...stored, read });
  const found = await Promise.all([
    signalStore.get('session', ['2']),
    signalStore.get('session', ['3', '1', '2']),
    signalStore.get('lid-mapping', ['1']),
  ]);
  expect(found).toEqual([{ 2: session(2) }, { 1: session(1), 2: session(2) }, {}]);
  expect(asked).toEqual([['session:2', 'session:3', 'session:1', 'lid-mapping:1']]);
  const failures = await Promise.allSettled(['4', '5'].map(async (id) => signalStore.get('session', [id])));
  expect(failures.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(asked).toHaveLength(2);
});

test('what a reader changes stays as it was stored until it is written', async () => {
  const signalStore = createSignalStore(createMemoryAuthStore());
  await signalStore.set({ 'sender-key-memory': { group: { one: true } } });
  const { group } = await signalStore.get('sender-key-memory', ['group']);
  // Baileys notes who will have got the sender key before the message has left.
  if (group) group['two'] = true;
  expect(await signalStore.get('sender-key-memory', ['group'])).toEqual({ group: { one: true } });
});

test('a write that is refused is reported before its writer hears of it, and is not remembered', async () => {
  const stored = createMemoryAuthStore();
  const signalStore = createSignalStore(stored);
  await signalStore.set({ session: { 1: session(1) as never } });
  const order: string[] = [];
  signalStore.onWriteFailed = () => void order.push('reported');
  stored.refusal = new Error('another worker owns this device now');
  const writing = Promise.resolve(signalStore.set({ session: { 1: session(2) as never } }));
  expect(await failureOf(writing.finally(() => order.push('rejected')))).toBe(stored.refusal);
  expect(order).toEqual(['reported', 'rejected']);
  expect(await signalStore.get('session', ['1'])).toEqual({ 1: session(1) });
});

test('values come back from the store as they were given', async () => {
  const stored = createMemoryAuthStore();
  const preKey = { public: Buffer.from('public'), private: Buffer.from('private') };
  await createSignalStore(stored).set({ 'pre-key': { 7: preKey }, 'identity-key': { a: Buffer.from('identity') } });
  const fresh = createSignalStore(stored.successor());
  expect(await fresh.get('pre-key', ['7', '8'])).toEqual({ 7: preKey });
  expect(await fresh.get('identity-key', ['a'])).toEqual({ a: Buffer.from('identity') });
});

test('writes asked for while another is under way are stored together, in order, and each writer hears of its own', async () => {
  const stored = createMemoryAuthStore();
  stored.writeDelayMs = 5;
  const signalStore = createSignalStore(stored);
  const heard: string[] = [];
  const write = (id: string, counter: number) =>
    Promise.resolve(signalStore.set({ session: { [id]: session(counter) as never } })).then(() => {
      heard.push(`${id}:${counter}`);
      expect(stored.values.has(`session:${id}`)).toBe(true);
    });
  const first = write('1', 1);
  await eventually('the first is under way', () => stored.journal.length === 1);
  await Promise.all([first, write('2', 1), write('3', 1), write('3', 2)]);
  expect(stored.journal).toEqual([['session:1'], ['session:2', 'session:3']]);
  expect(heard[0]).toBe('1:1');
  expect(JSON.parse(stored.values.get('session:3') ?? '{}')).toMatchObject({ counter: 2 });
});

test('a device that is being forgotten is left nothing by writes that waited', async () => {
  const stored = createMemoryAuthStore();
  stored.writeDelayMs = 5;
  const signalStore = createSignalStore(stored);
  const writing = ['1', '2'].map(async (id) => signalStore.set({ session: { [id]: session(1) as never } }));
  signalStore.close();
  await Promise.all(writing);
  expect(stored.values.has('session:2')).toBe(false);
});

test('tokens look issued only while a message is sent, and what a contact gave us stays', async () => {
  const signalStore = createSignalStore(createMemoryAuthStore());
  const token = { token: Buffer.from('theirs'), timestamp: '1700000000' };
  await signalStore.set({ tctoken: { 'a@lid': token } });
  expect(await signalStore.get('tctoken', ['a@lid', 'b@lid'])).toEqual({ 'a@lid': token });
  const sent = await signalStore.whileSending(async () => signalStore.get('tctoken', ['a@lid', 'b@lid']));
  expect(sent['a@lid']).toMatchObject(token);
  expect(sent['b@lid']?.token).toHaveLength(0);
  expect(sent['b@lid']?.senderTimestamp).toBeGreaterThan(1_700_000_000);
});
