/** An attempt as the log holds it: one text, the answer in it encrypted and bound to the log it lies in. */
import { LRUCache } from 'lru-cache';
import type { Cipher } from '../cipher.js';
import type { DeliveryResult, Verdict } from './webhook-deliveries.js';

/** One attempt. Times in milliseconds. */
export interface LoggedAttempt {
  /** Place in the log. */
  readonly id: string;
  /** Of the event, in its tenant's stream. */
  readonly entryId: string;
  readonly eventId: string;
  readonly event: string;
  readonly verdict: Exclude<Verdict, 'back'>;
  readonly attempt: number;
  readonly at: number;
  readonly status: number;
  readonly error: string;
  readonly latencyMs: number;
  /** undefined: encrypted with a key that is no longer there. */
  readonly answer: string | undefined;
  /** When it was to be tried next. */
  readonly nextAt?: number;
}

type Row = [string, string, string, LoggedAttempt['verdict'], number, number, string, number, number, string];

/** Endpoints say the same again and again: each thing they say is encrypted once in a while, and not every time. */
const ANSWERS_REMEMBERED = 1000;

export type SealAnswer = (answer: string, log: string) => string;

export function createSealAnswer(cipher: Cipher): SealAnswer {
  const sealed = new LRUCache<string, string>({ max: ANSWERS_REMEMBERED });
  return (answer, log) => {
    if (answer === '') return '';
    const name = `${log} ${answer}`;
    const known = sealed.get(name);
    if (known !== undefined) return known;
    const text = cipher.encrypt(Buffer.from(answer), log).toString('base64');
    sealed.set(name, text);
    return text;
  };
}

export function rowOfAttempt(result: DeliveryResult, seal: SealAnswer, log: string): string {
  const { delivery, verdict, status, error, latencyMs, delayMs, answer } = result;
  const { entryId, event, attempt } = delivery;
  const sealed = seal(answer, log);
  const times = [Math.round(latencyMs), Math.round(delayMs)] as const;
  const row: Row = [entryId, event.id, event.event, verdict as Row[3], attempt, status, error, ...times, sealed];
  return JSON.stringify(row);
}

/** @param id of the row, which begins with the time it was written. */
export function attemptFromRow(id: string, text: string, cipher: Cipher, log: string): LoggedAttempt {
  const [entryId, eventId, event, verdict, attempt, status, error, latencyMs, delayMs, sealed] = JSON.parse(
    text,
  ) as Row;
  const at = Number.parseInt(id);
  return {
    ...{ id, entryId, eventId, event, verdict, attempt, at, status, error, latencyMs },
    answer: sealed === '' ? '' : openAnswer(Buffer.from(sealed, 'base64'), cipher, log),
    ...(verdict === 'retry' ? { nextAt: at + delayMs } : {}),
  };
}

const openAnswer = (sealed: Buffer, cipher: Cipher, log: string): string | undefined =>
  cipher.knows(sealed) ? cipher.decrypt(sealed, log).toString() : undefined;
