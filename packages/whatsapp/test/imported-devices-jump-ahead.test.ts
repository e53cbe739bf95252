import { expect, test } from '@jest/globals';
import { jumpOverLosses } from '@pombo/whatsapp';
import { createMemoryAuthStore } from './memory-auth-store.js';
import { createScene, freshId, freshNumber, jidOf } from './scene.js';

const scene = createScene();
const text = (body: string) => ({ conversation: body });

test('what an imported copy sends can be read, although the original sent more since it was made', async () => {
  const number = freshNumber();
  const group = scene.sandbox.createGroup({ subject: 'g', owner: '5511987650021', participants: [number] });
  const original = await scene.device({ auth: await scene.pairedStore('5511987650021') });
  const send = async (device: typeof original, jid: string) => {
    const id = freshId();
    await device.session.send({ id, jid, message: text('hello') });
    return id;
  };
  await send(original, jidOf(number));
  await scene.sandbox.reply(number, original.jid, 'thank you');
  await send(original, jidOf(number));
  await send(original, group.id);

  const copy = createMemoryAuthStore(new Map([...original.auth.values, ['imported', '1']]));
  for (let count = 0; count < 3; count += 1) {
    await send(original, jidOf(number));
    await send(original, group.id);
  }
  await original.session.stop();

  const imported = await scene.device({ auth: copy });
  expect(copy.values.has('imported')).toBe(false);
  for (const jid of [jidOf(number), group.id]) {
    const message = await scene.received(number, await send(imported, jid));
    expect(message).toMatchObject({ displayedCount: 1, failures: [] });
  }
  expect(scene.sandbox.counters().decryptFailures).toBe(0);
});

test('without the jump the same messages cannot be read (control run)', async () => {
  const number = freshNumber();
  const original = await scene.device();
  const send = (device: typeof original) => device.sendText(number);
  await send(original);
  await scene.sandbox.reply(number, original.jid, 'thank you');
  await send(original);
  const copy = original.auth.successor();
  await send(original);
  await original.session.stop();
  await send(await scene.device({ auth: copy }));
  expect(scene.sandbox.counters().decryptFailures).toBeGreaterThan(0);
});

test('the jump and the end of the mark are one write', async () => {
  const original = await scene.device();
  await original.sendText(freshNumber());
  const copy = createMemoryAuthStore(new Map([...original.auth.values, ['imported', '1']]));
  await scene.open({ auth: copy });
  expect(copy.journal).toHaveLength(1);
  expect(copy.journal[0]).toEqual(expect.arrayContaining(['creds', 'imported']));
});

test('what was kept by a Redis that lost the last writes can be gone on with', async () => {
  const number = freshNumber();
  const group = scene.sandbox.createGroup({ subject: 'g', owner: '5511987650022', participants: [number] });
  const original = await scene.device({ auth: await scene.pairedStore('5511987650022') });
  const send = async (device: typeof original, jid: string) => {
    const id = freshId();
    await device.session.send({ id, jid, message: text('hello') });
    return id;
  };
  const both = [jidOf(number), group.id];
  for (const jid of both) await send(original, jid);
  await scene.sandbox.reply(number, original.jid, 'thank you');
  for (const jid of both) await send(original, jid);
  const kept = new Map(original.auth.values);
  for (let count = 0; count < 3; count += 1) for (const jid of both) await send(original, jid);
  await original.session.stop();

  const mended = [...kept].map(([name, value]) => [name, jumpOverLosses(name, value)] as const);
  const successor = await scene.device({ auth: createMemoryAuthStore(new Map(mended)) });
  const failures = scene.sandbox.counters().decryptFailures;
  for (const jid of both) {
    const message = await scene.received(number, await send(successor, jid));
    expect(message).toMatchObject({ displayedCount: 1, failures: [] });
  }
  expect(scene.sandbox.counters().decryptFailures).toBe(failures);
});
