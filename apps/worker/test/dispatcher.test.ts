import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Priority } from '@pombo/contracts';
import { JobReleased } from '@pombo/queue';
import { eventually } from '@pombo/testing';
import { createDispatcher, type Dispatcher, type DispatcherLimits } from '../src/sending/dispatcher.js';
import { HeldBack } from '../src/sending/errors.js';

interface Step {
  readonly promise: Promise<void>;
  finish(): void;
  fail(error: Error): void;
}
function step(): Step {
  let finish: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  promise.catch(() => undefined);
  return { promise, finish: () => finish(), fail: (error) => fail(error) };
}

/** A message whose preparation and sending end when the test says so. */
interface Message {
  readonly messageId: string;
  readonly chat: string;
  readonly sequence: number;
  readonly priority: Priority;
  readonly expiresAt: number;
  readonly preparing: Step;
  readonly sending: Step;
  /** Thrown by the first sendings, one each. */
  readonly holds: HeldBack[];
}

let dispatcher: Dispatcher<Message>;
let log: string[];
let sequence = 0;

beforeEach(() => {
  log = [];
  open({});
});
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

const opened: Array<Dispatcher<Message>> = [];
function open(limits: Partial<DispatcherLimits>): void {
  dispatcher = createDispatcher<Message>({
    limits: { inFlight: 8, preparing: 32, inHand: 5000, ...limits },
    chatOf: ({ chat }) => chat,
    async work({ messageId, chat, preparing, sending, holds }, turn) {
      log.push(`prepare ${messageId}`);
      try {
        await preparing.promise;
        await turn.first(true);
        await turn.inFlight(async (passed) => {
          const hold = holds.shift();
          log.push(`${hold ? 'hold' : 'dispatch'} ${messageId}`);
          if (hold) throw hold;
          passed();
          await sending.promise;
        }, true);
        log.push(`done ${messageId}`);
      } catch (error) {
        log.push(`${(error as Error).name} ${messageId}`);
        if (!(error instanceof HeldBack)) return 'done';
        dispatcher.hold([chat]);
        return 'held';
      }
      return 'done';
    },
    expire: ({ messageId }) => Promise.resolve(void log.push(`expire ${messageId}`)),
    onRoom: () => undefined,
  });
  opened.push(dispatcher);
}

function message(chat: string, messageId: string, changes: Partial<Message> = {}): Message {
  sequence += 1;
  const steps = { preparing: step(), sending: step(), holds: [] };
  return { messageId, chat, sequence, priority: 'normal', expiresAt: Infinity, ...steps, ...changes };
}

const prepared = (chat: string, messageId: string, changes: Partial<Message> = {}): Message => {
  const made = message(chat, messageId, changes);
  made.preparing.finish();
  return made;
};

const saw = (line: string) => eventually(line, () => log.includes(line));

describe('messages of a chat', () => {
  test('leave in order although the second is prepared sooner', async () => {
    const [first, second] = [message('a', 'a1'), message('a', 'a2')];
    dispatcher.add([first, second]);
    expect(log).toEqual(['prepare a1', 'prepare a2']);
    second.preparing.finish();
    first.preparing.finish();
    await saw('dispatch a1');
    expect(log).not.toContain('dispatch a2');
    first.sending.finish();
    await saw('dispatch a2');
    second.sending.finish();
    await dispatcher.settled();
  });

  test('leave in the order of acceptance although they came to hand in another', async () => {
    const messages = ['a1', 'a2', 'a3', 'a4'].map((id) => prepared('a', id));
    for (const { sending } of messages) sending.finish();
    const [first, ...later] = messages;
    dispatcher.add([first, ...later.reverse()].filter((made) => made !== undefined));
    await saw('done a4');
    expect(log.filter((line) => line.startsWith('dispatch'))).toEqual([1, 2, 3, 4].map((n) => `dispatch a${n}`));
  });

  test('hold up no other chat, however many of them are in hand', async () => {
    const slow = Array.from({ length: 600 }, (_, i) => message('slow', `s${i}`));
    const other = prepared('b', 'b1');
    dispatcher.add([...slow, other]);
    await saw('dispatch b1');
    // One is prepared, the next prepared ahead; the others cost nothing.
    expect(log.filter((line) => line.startsWith('prepare s'))).toEqual(['prepare s0', 'prepare s1']);
    expect(dispatcher.room().jobs).toBeGreaterThan(0);
  });

  test('stand in order, also those in hand, once two chats are known to be one', async () => {
    const [first, second, third, fourth] = ['lid', 'number', 'lid', 'number'].map((chat, n) => message(chat, `m${n}`));
    const all = [first, second, third, fourth].filter((made) => made !== undefined);
    dispatcher.add(all);
    dispatcher.join('lid', 'number');
    dispatcher.add([message('number', 'm4')]);
    for (const { sending } of all) sending.finish();
    for (const { preparing } of [...all].reverse()) preparing.finish();
    await saw('done m3');
    expect(log.filter((line) => line.startsWith('dispatch'))).toEqual(
      ['m0', 'm1', 'm2', 'm3'].map((m) => `dispatch ${m}`),
    );
  });

  test('of two chats that are one are held together', async () => {
    const messages = ['m0', 'm1', 'm2'].map((id) => prepared('lid', id));
    for (const { sending } of messages) sending.finish();
    dispatcher.hold(['number']);
    dispatcher.add(messages);
    dispatcher.join('lid', 'number');
    await dispatcher.settled();
    // Two of a chat are begun at once, and these were.
    expect(log.filter((line) => line.startsWith('done'))).toEqual(['done m0', 'done m1']);
    dispatcher.free(['number']);
    await saw('done m2');
  });

  test('go on behind one that failed, but not before those in front of it', async () => {
    const [first, broken, third] = [message('a', 'a1'), message('a', 'a2'), message('a', 'a3')];
    dispatcher.add([first, broken, third]);
    third.preparing.finish();
    broken.preparing.fail(new Error('no such picture'));
    await saw('Error a2');
    first.preparing.finish();
    await saw('dispatch a1');
    expect(log).not.toContain('dispatch a3');
    first.sending.finish();
    third.sending.finish();
    await saw('done a3');
    expect(log).not.toContain('dispatch a2');
  });
});

describe('messages of several chats', () => {
  test('are in flight together, no more than allowed', async () => {
    open({ inFlight: 2 });
    const messages = ['a', 'b', 'c'].map((chat) => prepared(chat, chat));
    dispatcher.add(messages);
    await eventually('two leave', () => log.filter((line) => line.startsWith('dispatch')).length === 2);
    expect(log).not.toContain('dispatch c');
    for (const { sending } of messages) sending.finish();
    await saw('done c');
  });

  test('leave by priority, then in the order of acceptance', async () => {
    open({ inFlight: 1 });
    const before = prepared('x', 'x');
    dispatcher.add([before]);
    await saw('dispatch x');
    const waiting = [
      prepared('a', 'bulk', { priority: 'bulk' }),
      prepared('b', 'normal 1'),
      prepared('c', 'normal 2'),
      prepared('d', 'high', { priority: 'high' }),
    ];
    for (const { sending } of waiting) sending.finish();
    dispatcher.add(waiting);
    await eventually('all are prepared', () => log.filter((line) => line.startsWith('prepare')).length === 5);
    before.sending.finish();
    await dispatcher.settled();
    expect(log.filter((line) => line.startsWith('dispatch'))).toEqual(
      ['x', 'high', 'normal 1', 'normal 2', 'bulk'].map((id) => `dispatch ${id}`),
    );
  });

  test('an urgent one pulls those before it in its chat along', async () => {
    open({ inFlight: 1 });
    const before = prepared('x', 'x');
    dispatcher.add([before]);
    await saw('dispatch x');
    const waiting = [
      prepared('a', 'normal'),
      prepared('b', 'bulk', { priority: 'bulk' }),
      prepared('b', 'high', { priority: 'high' }),
    ];
    for (const { sending } of waiting) sending.finish();
    dispatcher.add(waiting);
    await eventually('all are prepared', () => log.filter((line) => line.startsWith('prepare')).length === 4);
    before.sending.finish();
    await saw('done normal');
    expect(log.indexOf('dispatch bulk')).toBeLessThan(log.indexOf('dispatch normal'));
  });

  test('are prepared ahead, no more than allowed', async () => {
    open({ preparing: 3 });
    const messages = ['a', 'b', 'c', 'd'].map((chat) => message(chat, chat));
    dispatcher.add(messages);
    expect(log).toEqual(['prepare a', 'prepare b', 'prepare c']);
    messages[1]?.preparing.finish();
    await saw('prepare d');
  });
});

describe('the hand', () => {
  const bulk = (count: number) =>
    Array.from({ length: count }, (_, i) => message(`c${i}`, `m${i}`, { priority: 'bulk' }));

  test('has room while few chats could begin a message', () => {
    expect(dispatcher.room()).toEqual({ jobs: 128 });
    dispatcher.add(bulk(200));
    expect(dispatcher.room()).toEqual({ jobs: 64, above: 'bulk' });
  });

  test('that is full has room for what is more urgent', () => {
    open({ inHand: 100 });
    dispatcher.add(Array.from({ length: 100 }, (_, i) => message('slow', `s${i}`)));
    expect(dispatcher.room()).toEqual({ jobs: 64, above: 'bulk' });
    dispatcher.add(bulk(600));
    expect(dispatcher.room()).toEqual({ jobs: 0 });
  });
});

describe('a message that waits', () => {
  test('expires when its time has come, parked, behind others of its chat, or held back', async () => {
    const expiresAt = Date.now() + 200;
    const first = prepared('a', 'a1');
    const held = prepared('b', 'b1', { expiresAt, holds: [new HeldBack(Date.now() + 60_000, 'chat')] });
    dispatcher.add([first, prepared('a', 'a2', { expiresAt }), prepared('a', 'a3', { expiresAt }), held]);
    await saw('expire a3');
    await saw('ExpiredWhileWaiting a2');
    await saw('expire b1');
    first.sending.finish();
    await dispatcher.settled();
  });

  test('of a chat that is held goes when the chat is freed, in order, and holds up no other', async () => {
    const held = prepared('a', 'a1', { holds: [new HeldBack(Date.now() + 60_000, 'chat')] });
    const [behind, other] = [prepared('a', 'a2'), prepared('b', 'b1')];
    dispatcher.add([held, behind, other]);
    await saw('dispatch b1');
    await saw('HeldBack a1');
    other.sending.finish();
    await saw('done b1');
    expect(dispatcher.waitingChats()).toEqual(['a']);
    for (const { sending } of [held, behind]) sending.finish();
    dispatcher.free();
    await saw('done a2');
    expect(log.indexOf('done a1')).toBeLessThan(log.lastIndexOf('dispatch a2'));
  });

  test('goes alone after a hold of the device, and the others when it has passed', async () => {
    const held = prepared('a', 'a1', { holds: [new HeldBack(Date.now() + 100, 'device')] });
    dispatcher.add([held]);
    await saw('hold a1');
    const again = prepared('b', 'b1', { holds: [new HeldBack(Date.now() + 200, 'device')] });
    dispatcher.add([again, prepared('c', 'c1')]);
    await saw('dispatch b1');
    expect(log.filter((line) => /^(hold|dispatch)/.test(line))).toEqual([
      'hold a1',
      'dispatch a1',
      'hold b1',
      'dispatch c1',
      'dispatch b1',
    ]);
  });

  test('waits with all others when the device is held back; then the most urgent goes first', async () => {
    open({ inFlight: 1 });
    const held = prepared('a', 'a1', { holds: [new HeldBack(Date.now() + 300, 'device')] });
    dispatcher.add([held]);
    await saw('hold a1');
    const high = prepared('b', 'b1', { priority: 'high' });
    dispatcher.add([high]);
    for (const { sending } of [held, high]) sending.finish();
    await saw('done a1');
    expect(log.indexOf('dispatch b1')).toBeLessThan(log.indexOf('dispatch a1'));
  });

  test('is let go of when the device is drained, while what is in flight is waited for', async () => {
    const flying = prepared('a', 'a1');
    dispatcher.add([flying, prepared('a', 'a2'), message('b', 'b1')]);
    await saw('dispatch a1');
    await eventually('the next is prepared', () => log.includes('prepare a2'));
    let drained = false;
    const draining = dispatcher.drain().then(() => (drained = true));
    await saw(`${new JobReleased().name} a2`);
    dispatcher.add([prepared('c', 'c1')]);
    expect([drained, log.includes('prepare c1')]).toEqual([false, false]);
    flying.sending.finish();
    await draining;
    expect(log).toContain('done a1');
  });
});
