/**
 * Tells WhatsApp whom this account writes to ("trusted contacts"), many at a time and once a week each. Baileys would do
 * it for every message, and forget that it did: it notes the time in a transaction that has ended by then.
 */
import { setTimeout as wait } from 'node:timers/promises';
import {
  type BinaryNode,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  isLidUser,
  jidNormalizedUser,
  type WASocket,
} from '@whiskeysockets/baileys';
import type { Ask } from './ask.js';

/** When tokens were issued, kept beyond the session. */
export interface TokenTimes {
  /** Those of the users that have not been given a token lately. @param users JIDs without device. */
  findDue(users: readonly string[]): Promise<string[]>;
  markIssued(users: readonly string[]): Promise<void>;
}

export interface PrivacyTokens {
  /** A message to this person was acknowledged. */
  noteSent(jid: string): void;
  stop(): void;
}

/** WhatsApp's own clients issue it after the message, so nothing waits for it. */
const GATHER_MS = 3_000;
const MAX_BATCH = 50;

/** @param onFailure hears why; the tokens are then issued with a later message. */
export function createPrivacyTokens(times: TokenTimes, ask: Ask, onFailure: (error: unknown) => void): PrivacyTokens {
  const written = new Set<string>();
  const stopped = new AbortController();
  let working = false;

  const issueTo = async (users: readonly string[]): Promise<void> => {
    const due = await times.findDue(users);
    if (due.length === 0) return;
    await ask((socket) => issueTokens(socket, due));
    await times.markIssued(due);
  };

  const issueGathered = async (): Promise<void> => {
    const users = [...written];
    written.clear();
    for (let from = 0; from < users.length; from += MAX_BATCH) await issueTo(users.slice(from, from + MAX_BATCH));
  };

  const work = async (): Promise<void> => {
    working = true;
    try {
      while (written.size > 0) {
        await wait(GATHER_MS, undefined, { signal: stopped.signal, ref: false });
        await issueGathered();
      }
    } catch (error) {
      if (!stopped.signal.aborted) onFailure(error);
    } finally {
      working = false;
    }
  };

  return {
    noteSent(jid) {
      if (stopped.signal.aborted) return;
      written.add(jid);
      if (!working) void work();
    },
    stop: () => stopped.abort(),
  };
}

async function issueTokens(socket: WASocket, users: readonly string[]): Promise<void> {
  const answer = (await socket.issuePrivacyTokens(await issuanceJids(socket, users))) as BinaryNode | undefined;
  if (!answer) throw new Error('WhatsApp did not answer to privacy tokens');
  await keepTokens(socket, getBinaryNodeChildren(getBinaryNodeChild(answer, 'tokens'), 'token'));
}

/** The answer may bring tokens these contacts gave us; Baileys shows them with messages. It keeps them by LID. */
async function keepTokens(socket: WASocket, nodes: readonly BinaryNode[]): Promise<void> {
  for (const { attrs, content } of nodes) {
    if (attrs['type'] !== 'trusted_contact' || !attrs['jid'] || !attrs['t'] || !(content instanceof Uint8Array))
      continue;
    const jid = jidNormalizedUser(attrs['jid']);
    const lid = isLidUser(jid) ? jid : await socket.signalRepository.lidMapping.getLIDForPN(jid);
    const token = { token: Buffer.from(content), timestamp: attrs['t'] };
    await socket.authState.keys.set({ tctoken: { [lid ?? jid]: token } });
  }
}

/** The server says whether tokens are issued to LIDs. */
async function issuanceJids(socket: WASocket, jids: readonly string[]): Promise<string[]> {
  if (!socket.serverProps.lidTrustedTokenIssueToLid) return [...jids];
  const mapped = (await socket.signalRepository.lidMapping.getLIDsForPNs([...jids])) ?? [];
  const lids = new Map(mapped.map(({ pn, lid }) => [pn, lid]));
  return jids.map((jid) => lids.get(jid) ?? jid);
}
