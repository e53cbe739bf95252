import { expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { type ConnectSlots, createConnectSlots } from '@pombo/whatsapp';

/** Takes slots and says who has one, in order. */
function queueUp() {
  const inside: string[] = [];
  const leave = new Map<string, () => void>();
  const come = (slots: ConnectSlots, name: string): void => {
    void slots.take().then((goOut) => {
      inside.push(name);
      leave.set(name, goOut);
    });
  };
  return { inside, come, leave: (name: string) => leave.get(name)?.() };
}

const names = Array.from({ length: 12 }, (_, nth) => `device ${nth}`);

test('while the process is busy only a few connect at once; the next follows as soon as one has', async () => {
  let looks = 0;
  const slots = createConnectSlots(10, () => {
    looks += 1;
    return true;
  });
  const { inside, come, leave } = queueUp();
  for (const name of names) come(slots, name);
  await eventually('it was looked at some times', () => looks > 3);
  expect(inside).toEqual(names.slice(0, 4));
  leave('device 2');
  leave('device 2');
  await eventually('the next has its turn', () => inside.length > 4);
  expect(inside).toEqual(names.slice(0, 5));
});

test('while it has time more and more do, up to the most there may be', async () => {
  const slots = createConnectSlots(10, () => false);
  const { inside, come, leave } = queueUp();
  for (const name of names) come(slots, name);
  await eventually('all slots are taken', () => inside.length >= 10);
  leave('device 0');
  await eventually('the next has its turn', () => inside.length > 10);
  expect(inside).toEqual(names.slice(0, 11));
});

test('who was sending until a moment ago goes first', async () => {
  const slots = createConnectSlots(1, () => true);
  const { inside, come, leave } = queueUp();
  for (const name of ['one', 'two', 'three']) come(slots, name);
  come(slots.first, 'handed over');
  await eventually('one has its turn', () => inside.length === 1);
  leave('one');
  await eventually('another has its turn', () => inside.length === 2);
  expect(inside).toEqual(['one', 'handed over']);
});
