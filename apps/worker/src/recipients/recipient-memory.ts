/**
 * What was read of recipients a moment ago, for all devices of a worker: a message is resolved and prepared within
 * seconds of being warmed. Only what is known is remembered; whatever changes anything clears it all, since that is rare.
 */
import { SECOND } from '@pombo/runtime';
import type { KnownRecipient, Recipients } from '@pombo/store';
import { LRUCache } from 'lru-cache';

/** Some 300 bytes each. */
const REMEMBERED = 10_000;
/** Other workers may hear of a change first. */
const REMEMBERED_MS = 30 * SECOND;

export function rememberRecipients(recipients: Recipients): Recipients {
  const memory = new LRUCache<string, KnownRecipient>({ max: REMEMBERED, ttl: REMEMBERED_MS });
  let changes = 0;
  const changing = async (change: () => Promise<void>): Promise<void> => {
    await change();
    changes += 1;
    memory.clear();
  };

  return {
    ...recipients,
    async read(jids) {
      const known = jids.map((jid) => memory.get(jid));
      const missing = jids.filter((_jid, index) => known[index] === undefined);
      if (missing.length === 0) return known;
      const seen = changes;
      const found = await recipients.read(missing);
      const byJid = new Map(missing.map((jid, index) => [jid, found[index]]));
      // What was read before a change may be older than it.
      for (const [jid, recipient] of byJid) if (recipient && seen === changes) memory.set(jid, recipient);
      return jids.map((jid, index) => known[index] ?? byJid.get(jid));
    },
    async save(answers) {
      await recipients.save(answers);
      for (const { asked, ...known } of answers) memory.set(asked, known);
    },
    saveDevices: (lists) => changing(() => recipients.saveDevices(lists)),
    forgetDevices: (users) => changing(() => recipients.forgetDevices(users)),
    changeLid: (jid, lid) => changing(() => recipients.changeLid(jid, lid)),
  };
}
