import { expect, test } from '@jest/globals';
import { canonicalNumber } from '@pombo/sandbox';
import { createScene, freshNumber } from './harness/scene.js';
import { sendText, waitForMessage } from './harness/messages.js';
import { waitFor } from './harness/wait-for.js';

const scene = createScene();

test('any number exists unless told otherwise', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const [here, gone] = [freshNumber(), freshNumber()];
  sandbox.setFaults({ notOnWhatsApp: [gone] });
  await expect(client.sock.onWhatsApp(here, gone)).resolves.toEqual(
    [
      { jid: `${here}@s.whatsapp.net`, exists: true },
      { jid: `${gone}@s.whatsapp.net`, exists: false },
    ].filter(({ exists }) => exists),
  );
});

test.each([
  ['5511987654321', '5511987654321'],
  ['551187654321', '5511987654321'],
  ['5531987654321', '553187654321'],
  ['553187654321', '553187654321'],
  ['551133334444', '551133334444'],
  ['447012345678', '447012345678'],
])('%s is known as %s', async (asked, known) => {
  expect(canonicalNumber(asked)).toBe(known);
  const client = await scene.device();
  await expect(client.sock.onWhatsApp(asked)).resolves.toEqual([{ jid: `${known}@s.whatsapp.net`, exists: true }]);
});

test('a chat can be addressed by LID', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const { lid, number } = await sandbox.recipient(freshNumber());
  const id = await sendText(client, lid, 'by LID');
  const message = await waitForMessage(sandbox, number, id);
  expect(message.failures).toEqual([]);
  await client.waitForStanza('a receipt', ({ tag, attrs }) => tag === 'receipt' && attrs.from === lid);
});

test('typing is seen by whom it is for', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const number = freshNumber();
  await client.sock.sendPresenceUpdate('composing', `${number}@s.whatsapp.net`);
  await client.sock.sendPresenceUpdate('paused', `${number}@s.whatsapp.net`);
  const { typing } = await waitFor('typing', async () => {
    const view = await sandbox.recipient(number);
    return view.typing.length === 2 && view;
  });
  expect(typing.map(({ state }) => state)).toEqual(['composing', 'paused']);
});

test('a query nobody knows is answered with 501 and counted', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const unknown = { tag: 'iq', attrs: { to: '@s.whatsapp.net', type: 'get', xmlns: 'w:nonsense' }, content: [] };
  await expect(client.sock.query(unknown)).rejects.toMatchObject({ data: 501 });
  expect(sandbox.counters().unknownIqs).toBe(1);
});
