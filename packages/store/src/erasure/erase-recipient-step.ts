/**
 * Erases what a tenant has about a person: a walk over its devices' lists of messages, a batch at a time, since an index
 * by recipient would cost every message memory for what is done once in a while.
 */
import { isDeviceId } from '@pombo/contracts';
import type { Devices } from '../devices.js';
import type { EraseRecipient } from '../erase-recipient.js';
import type { IndexEntry, MessageIndex } from '../message-index.js';
import type { Messages } from '../messages.js';
import type { Erasures, PendingErasure, Progress } from './erasures.js';
import type { FindAliases } from './find-aliases.js';

/** `more`: call again; `wait`: nothing can be done at this moment; `done`: it is finished. */
export type StepResult = 'more' | 'wait' | 'done';

/** Looked at in one step: some ten milliseconds of Redis. */
const BATCH = 200;

export interface RecipientStepParts {
  readonly erasures: Erasures;
  readonly devices: Devices;
  readonly messages: Messages;
  readonly messageIndex: MessageIndex;
  readonly findAliases: FindAliases;
  readonly eraseRecipient: EraseRecipient;
  /** Takes a message's job out of its queue. */
  readonly removeJob: (messageId: string, deviceId: string) => Promise<void>;
}

/** Fields of the record that name the person, or would let one guess. */
const PERSONAL = ['jid', 'jids', 'device', 'after', 'grew'];

export function createRecipientStep(parts: RecipientStepParts): (pending: PendingErasure) => Promise<StepResult> {
  const { erasures, devices, messages, messageIndex, findAliases, eraseRecipient, removeJob } = parts;

  /** @returns the aliases that came to light. */
  const eraseBatch = async (
    batch: readonly IndexEntry[],
    { tenantId }: PendingErasure,
    jids: ReadonlySet<string>,
    until: number,
  ) => {
    const seen = await messages.readRecipients(batch.map(({ messageId }) => messageId));
    const counts = { erased: 0, canceled: 0 };
    const aliases = new Set<string>();
    await Promise.all(
      batch.map(async (entry, place) => {
        const record = seen[place];
        if (record?.tenantId !== tenantId || record.queuedAt > until) return;
        const named = [record.to, record.chatJid].filter((jid) => jid !== undefined);
        if (!named.some((jid) => jids.has(jid))) return;
        for (const jid of named) aliases.add(jid);
        const verdict = await messages.erase(entry.messageId, entry);
        if (verdict === 'canceled') await removeJob(entry.messageId, entry.deviceId);
        if (verdict === 'canceled') counts.canceled += 1;
        if (verdict !== 'gone') counts.erased += 1;
      }),
    );
    const past = (seen.at(-1)?.queuedAt ?? 0) > until;
    return { counts, aliases, past };
  };

  const finishOrGoRound = async (pending: PendingErasure, progress: Progress): Promise<StepResult> => {
    if (progress['grew'] === '1') {
      await erasures.advance(pending, { device: '', after: '', grew: '0' });
      return 'more';
    }
    const deviceIds = await devices.listIdsOfTenant(pending.tenantId);
    await eraseRecipient(namesIn(progress), deviceIds);
    await erasures.finish(pending, PERSONAL);
    return 'done';
  };

  return async (pending) => {
    const progress = await erasures.progress(pending);
    const deviceIds = (await devices.listIdsOfTenant(pending.tenantId)).filter(isDeviceId).sort();
    if (progress['jids'] === undefined) {
      const jids = await findAliases(progress['jid'] ?? '', deviceIds);
      await erasures.advance(pending, { jids: jids.join(' '), device: deviceIds[0] ?? '', after: '', grew: '0' });
      return 'more';
    }
    const current = deviceIds.find((id) => id >= (progress['device'] ?? ''));
    if (current === undefined) return finishOrGoRound(pending, progress);

    const after = current === progress['device'] ? progress['after'] : '';
    const batch = await messageIndex.readOldest(current, after === '' ? undefined : after, BATCH);
    const jids = namesIn(progress);
    const { counts, aliases, past } = await eraseBatch(batch, pending, jids, Number(progress['at']));
    const all = new Set([...jids, ...aliases]);
    const last = batch.at(-1);
    const atEnd = past || last === undefined || batch.length < BATCH;
    const next = deviceIds[deviceIds.indexOf(current) + 1] ?? PAST_ALL;
    await erasures.advance(
      pending,
      {
        ...(atEnd ? { device: next, after: '' } : { device: current, after: `${last.at}-${last.number}` }),
        ...(all.size > jids.size ? { jids: [...all].join(' '), grew: '1' } : {}),
      },
      counts,
    );
    return 'more';
  };
}

/** Stands behind every device id. */
const PAST_ALL = '~';

function namesIn(progress: Progress): Set<string> {
  return new Set((progress['jids'] ?? '').split(' ').filter((jid) => jid !== ''));
}
