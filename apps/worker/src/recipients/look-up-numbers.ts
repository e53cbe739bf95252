/**
 * Puts questions about people to WhatsApp, at most once for all workers: whoever asks holds a claim, all others wait for
 * the answer in the directory. Unknown numbers cost the device's budget, since such questions get numbers banned.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { type Batcher, createBatcher, SECOND } from '@pombo/runtime';
import type { KnownRecipient, RecipientAnswer, Store } from '@pombo/store';
import type { Contacts } from '@pombo/whatsapp';

export type DirectoryStore = Pick<Store, 'recipients' | 'recipientClaims' | 'lookUpBudget'>;

/** An answer; undefined where WhatsApp said nothing. */
export type LookUp = Batcher<KnownRecipient | undefined>;

/** People asked about in one query; WhatsApp's own clients ask for as many. */
export const ASKED_AT_ONCE = 50;
/** How soon to look again for what another worker is asking for. */
const CLAIMED_ELSEWHERE_MS = 100;
/** The budget is looked at again at least this often: another device may have found out meanwhile. */
const LONGEST_PAUSE_MS = 5 * SECOND;

interface Inquiry {
  /** What of the directory's knowledge is enough. */
  readonly isEnough: (known: KnownRecipient) => boolean;
  /** How many of these questions may be put now. */
  readonly grant: (wanted: number) => Promise<{ readonly granted: number; readonly nextInMs: number }>;
  readonly ask: (jids: readonly string[]) => Promise<readonly RecipientAnswer[]>;
}

/** Whether numbers are on WhatsApp, with everything known of them. */
export function createNumberLookUp(
  store: DirectoryStore,
  deviceId: string,
  session: Pick<Contacts, 'checkNumbers'>,
  signal: AbortSignal,
): LookUp {
  return createLookUp(store, signal, {
    isEnough: () => true,
    grant: (wanted) => store.lookUpBudget.take(deviceId, wanted),
    ask: (jids) => session.checkNumbers(jids),
  });
}

/** Devices of people WhatsApp is known to know: no more than its own clients ask, so without a budget. */
export function createDeviceLookUp(
  store: DirectoryStore,
  session: Pick<Contacts, 'listDevices'>,
  signal: AbortSignal,
): LookUp {
  return createLookUp(store, signal, {
    isEnough: ({ devices }) => devices !== undefined,
    grant: (wanted) => Promise.resolve({ granted: wanted, nextInMs: 0 }),
    ask: (jids) => session.listDevices(jids),
  });
}

function createLookUp(store: DirectoryStore, signal: AbortSignal, inquiry: Inquiry): LookUp {
  return createBatcher(ASKED_AT_ONCE, async (jids) => {
    const { answers, pauseMs } = await inquire(store, inquiry, jids);
    if (answers.size === 0) await wait(Math.min(pauseMs, LONGEST_PAUSE_MS), undefined, { signal });
    return answers;
  });
}

type Answers = Map<string, KnownRecipient | undefined>;

/** @returns what is known by now, and when it makes sense to come back for the rest. */
async function inquire(
  { recipients, recipientClaims }: DirectoryStore,
  { isEnough, grant, ask }: Inquiry,
  jids: readonly string[],
): Promise<{ answers: Answers; pauseMs: number }> {
  const claimed = await recipientClaims.claim(jids);
  try {
    const answers: Answers = new Map();
    // After the claim: whoever held it before has written down the answer.
    for (const [index, known] of (await recipients.read(jids)).entries()) {
      if (known && isEnough(known)) answers.set(jids[index] ?? '', known);
    }
    const open = claimed.filter((jid) => !answers.has(jid));
    const { granted, nextInMs } = await grant(open.length);
    const asked = open.slice(0, granted);
    for (const [jid, answer] of await askAndSave(recipients, ask, asked)) answers.set(jid, answer);
    return { answers, pauseMs: open.length > granted ? nextInMs : CLAIMED_ELSEWHERE_MS };
  } finally {
    await recipientClaims.release(claimed);
  }
}

async function askAndSave(
  recipients: DirectoryStore['recipients'],
  ask: Inquiry['ask'],
  jids: readonly string[],
): Promise<Answers> {
  if (jids.length === 0) return new Map();
  const found = await ask(jids);
  await recipients.save(found);
  const byJid = new Map(found.map((answer) => [answer.asked, answer]));
  return new Map(jids.map((jid) => [jid, byJid.get(jid)]));
}
