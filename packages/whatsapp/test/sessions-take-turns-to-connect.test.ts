import { expect, test } from '@jest/globals';
import { type ConnectSlots, createConnectSlots } from '@pombo/whatsapp';

test('so many connect at once, and whoever was sending until a moment ago goes first', async () => {
  const slots = createConnectSlots(2);
  const inside: string[] = [];
  const come = async (from: ConnectSlots, name: string): Promise<() => void> => {
    const leave = await from.take();
    inside.push(name);
    return leave;
  };
  const [one, two] = [come(slots, 'one'), come(slots, 'two')];
  const [three, handedOver] = [come(slots, 'three'), come(slots.first, 'handed over')];
  const leaveOne = await one;
  await two;
  expect(inside).toEqual(['one', 'two']);
  leaveOne();
  leaveOne();
  (await handedOver)();
  await three;
  expect(inside).toEqual(['one', 'two', 'handed over', 'three']);
});
