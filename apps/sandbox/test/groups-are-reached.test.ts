import { expect, test } from '@jest/globals';
import { createScene, freshNumber } from './harness/scene.js';
import { waitFor } from './harness/wait-for.js';

const scene = createScene();

test.each(['lid', 'pn'] as const)(
  'every participant of a group with %s addressing reads its messages',
  async (addressingMode) => {
    const { sandbox } = scene;
    const client = await scene.device();
    const participants = [freshNumber(), freshNumber()];
    const owner = client.auth.creds.me?.id ?? '';
    const group = sandbox.createGroup({ subject: 'Bench', owner, participants, addressingMode });
    await expect(client.sock.groupMetadata(group.id)).resolves.toMatchObject({ subject: 'Bench', size: 3 });

    for (const text of ['first', 'second']) {
      const sent = await client.sock.sendMessage(group.id, { text });
      const id = sent?.key.id ?? '';
      const { members } = await waitFor('everybody', async () => {
        const view = await sandbox.group(group.id, { messageId: id });
        const isRead = Object.values(view.members).every(([message]) => message?.displayedCount === 1);
        return isRead && view;
      });
      for (const number of participants) {
        expect(members[number]?.[0]).toMatchObject({ chat: group.id, decrypted: { 0: 1 }, failures: [] });
      }
      await client.waitForStanza('a receipt', ({ tag, attrs }) => {
        return tag === 'receipt' && attrs.id === id && attrs.from === group.id && attrs.participant !== undefined;
      });
    }
    expect(sandbox.counters().decryptFailures).toBe(0);
  },
);
