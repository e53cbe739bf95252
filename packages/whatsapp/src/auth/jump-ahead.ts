/**
 * Makes credentials safe to use that are not the last there were: copied some time ago, or kept by a Redis that lost the
 * latest. A Signal chain counts its messages, and a count used twice cannot be read; since then the device may have sent
 * more. So every sending chain goes ahead by more than it may have sent: recipients take a gap for messages that were
 * lost on their way.
 */
import { createHmac } from 'node:crypto';
import { type AuthenticationCreds, BufferJSON } from '@whiskeysockets/baileys';

/**
 * After a copy. Signal lets a chain skip 2,000 (`fillMessageKeys` in libsignal, `MAX_MESSAGE_KEYS` for groups); half of
 * it stays for real losses.
 */
const BACKUP_JUMP = 1_000;
/** After Redis lost writes: more than a device sends in one chat in the seconds that can be lost, and quick to work out. */
const LOSS_JUMP = 100;
/** Pre-key ids are three bytes. */
const MAX_PRE_KEY_ID = 0xffffff;
/** `ChainType.SENDING` in libsignal. */
const SENDING = 1;
/** What a chain key is hashed with to get the next (Signal's double ratchet, KDF_CK). */
const NEXT_CHAIN_KEY = Buffer.from([2]);

interface SessionRecord {
  readonly _sessions?: Record<string, SessionEntry>;
}

interface SessionEntry {
  readonly _chains: Record<string, { chainType: number; chainKey: { counter: number; key?: string } }>;
}

/** Baileys prints sender keys with plain `JSON.stringify` and reads the bytes back with `Buffer.from`. */
type PrintedBytes = Uint8Array | { readonly type: 'Buffer'; readonly data: readonly number[] };

interface SenderKeyState {
  senderChainKey: { iteration: number; seed: PrintedBytes };
  readonly senderSigningKey: { readonly private?: PrintedBytes };
}

/**
 * @param entries of a device's auth state, by the names they are stored under.
 * @returns those that have to change.
 */
export function jumpAhead(entries: ReadonlyMap<string, string>): Map<string, string> {
  const changed = new Map<string, string>();
  for (const [name, text] of entries) {
    const next = jump(name, text, BACKUP_JUMP);
    if (next !== undefined && next !== text) changed.set(name, next);
  }
  return changed;
}

/** @returns `text`, or what is used in its place when the last writes may have been lost. */
export const jumpOverLosses = (name: string, text: string): string => jump(name, text, LOSS_JUMP) ?? text;

function jump(name: string, text: string, by: number): string | undefined {
  if (name === 'creds') return jumpPreKeys(text, by);
  if (name.startsWith('session:')) return jumpSession(text, by);
  if (name.startsWith('sender-key:')) return jumpSenderKeys(text, by);
  return undefined;
}

const parse = <T>(text: string): T => JSON.parse(text, BufferJSON.reviver) as T;
const print = (value: unknown): string => JSON.stringify(value, BufferJSON.replacer);

function advance(key: Uint8Array, by: number): Buffer {
  let next = Buffer.from(key);
  for (let step = 0; step < by; step += 1) next = createHmac('sha256', next).update(NEXT_CHAIN_KEY).digest();
  return next;
}

/** An id given to a new key must not have been given to another since. */
function jumpPreKeys(text: string, by: number): string {
  const creds = parse<AuthenticationCreds>(text);
  const after = (id: number): number => (id + by <= MAX_PRE_KEY_ID ? id + by : 1);
  const nextPreKeyId = after(creds.nextPreKeyId);
  return print({ ...creds, nextPreKeyId, firstUnuploadedPreKeyId: nextPreKeyId });
}

function jumpSession(text: string, by: number): string {
  const record = parse<SessionRecord>(text);
  for (const { _chains: chains } of Object.values(record._sessions ?? {})) {
    for (const { chainType, chainKey } of Object.values(chains)) {
      if (chainType !== SENDING || chainKey.key === undefined) continue;
      chainKey.key = advance(Buffer.from(chainKey.key, 'base64'), by).toString('base64');
      chainKey.counter += by;
    }
  }
  return print(record);
}

/** Of the keys of a group only our own has its private half. */
function jumpSenderKeys(text: string, by: number): string {
  const states = parse<SenderKeyState[]>(Buffer.from(parse<Uint8Array>(text)).toString());
  for (const { senderSigningKey, senderChainKey } of states) {
    if (bytesOf(senderSigningKey.private).length === 0) continue;
    senderChainKey.seed = advance(bytesOf(senderChainKey.seed), by);
    senderChainKey.iteration += by;
  }
  return print(Buffer.from(JSON.stringify(states)));
}

const bytesOf = (printed: PrintedBytes | undefined): Buffer => Buffer.from((printed ?? []) as Uint8Array);
