/** What is to go wrong. Numbers are compared in their canonical spelling; `first` limits a fault to that many times. */
import { canonicalNumber } from './people/canonical-number.js';

export interface LimitedFault {
  readonly first?: number;
}

export interface AckFault extends LimitedFault {
  /** Recipient's number; everyone when absent or `*`. */
  readonly number?: string;
}

export interface NackFault extends AckFault {
  /** `463`, `479`, … */
  readonly code: string;
}

export interface Faults {
  /** Messages arrive but the server doesn't acknowledge them. */
  dropAcks?: 'all' | AckFault;
  delayAcksMs?: number;
  /** The server refuses messages; they don't arrive. */
  nack?: NackFault | readonly NackFault[];
  /** The server neither delivers nor acknowledges. */
  swallow?: 'all' | AckFault;
  /** The next so many messages arrive, but their sender's socket is cut before the ack. */
  dropConnectionAfterMessage?: number;
  /** Put in every ack as `phash`; `true` for one that can't match. */
  ackPhash?: string | true;
  refuseUploads?: LimitedFault & { readonly status: number };
  slowUploadsMs?: number;
  slowDownloadsMs?: number;
  /** Validity of media links handed out from now on. */
  mediaValidityMs?: number;
  notOnWhatsApp?: readonly string[];
  /** People whose phones and companions are off: messages wait for them. */
  absent?: readonly string[];
  /** Logins get `<failure reason="…"/>`. */
  refuseLogins?: LimitedFault & { readonly reason: string };
  /** Logins get no answer at all: neither success nor failure. */
  ignoreLogins?: 'all' | LimitedFault;
  /** What `fetchAccountReachoutTimelock` answers. */
  reachoutTimelock?: { readonly active: boolean; readonly endsAtSeconds?: number; readonly type?: string };
}

/** A fault set to null is cleared. */
export type FaultChanges = { readonly [Name in keyof Faults]: Faults[Name] | null };

/** What may be a fault, seen loosely: over HTTP anything can arrive. */
const SHAPES: Readonly<Record<keyof Faults, ReadonlyArray<'text' | 'number' | 'true' | 'object' | 'list'>>> = {
  dropAcks: ['text', 'object'],
  delayAcksMs: ['number'],
  nack: ['object', 'list'],
  swallow: ['text', 'object'],
  dropConnectionAfterMessage: ['number'],
  ackPhash: ['text', 'true'],
  refuseUploads: ['object'],
  slowUploadsMs: ['number'],
  slowDownloadsMs: ['number'],
  mediaValidityMs: ['number'],
  notOnWhatsApp: ['list'],
  absent: ['list'],
  refuseLogins: ['object'],
  ignoreLogins: ['text', 'object'],
  reachoutTimelock: ['object'],
};

function refuseMisshapen(name: string, fault: unknown): void {
  if (!Object.hasOwn(SHAPES, name)) throw new Error(`unknown fault: ${name}`);
  const shapes = SHAPES[name as keyof Faults];
  if (fault !== null && !shapes.some((shape) => shape === shapeOf(fault))) {
    throw new Error(`${name} must be ${shapes.join(' or ')}`);
  }
}

function shapeOf(fault: unknown): string {
  if (Array.isArray(fault)) return 'list';
  if (typeof fault === 'string') return 'text';
  return fault === true ? 'true' : typeof fault;
}

export class FaultDesk {
  #faults: Faults = {};
  readonly #used = new Map<object, number>();
  #connectionsToDrop = 0;

  get current(): Readonly<Faults> {
    return this.#faults;
  }

  /** @throws when a fault isn't known or has another shape; nothing is changed then. */
  change(changes: FaultChanges): void {
    for (const [name, fault] of Object.entries(changes)) refuseMisshapen(name, fault);
    const kept = Object.entries({ ...this.#faults, ...changes }).filter(([, fault]) => fault !== null);
    this.#faults = Object.fromEntries(kept);
    if ('dropConnectionAfterMessage' in changes) this.#connectionsToDrop = changes.dropConnectionAfterMessage ?? 0;
  }

  clear(): void {
    this.#faults = {};
    this.#used.clear();
    this.#connectionsToDrop = 0;
  }

  dropsAck(number: string | undefined): boolean {
    return this.#applies(this.#faults.dropAcks, number);
  }

  swallows(number: string | undefined): boolean {
    return this.#applies(this.#faults.swallow, number);
  }

  /** @returns the error code the ack is to carry. */
  nackCode(number: string | undefined): string | undefined {
    const nack = this.#faults.nack;
    const nacks: readonly NackFault[] = nack === undefined ? [] : 'code' in nack ? [nack] : nack;
    return nacks.find((fault) => this.#applies(fault, number))?.code;
  }

  cutsConnection(): boolean {
    if (this.#connectionsToDrop <= 0) return false;
    this.#connectionsToDrop -= 1;
    return true;
  }

  /** @returns the status an upload is to be refused with. */
  uploadRefusal(): number | undefined {
    const fault = this.#faults.refuseUploads;
    return fault && this.#take(fault) ? fault.status : undefined;
  }

  loginRefusal(): string | undefined {
    const fault = this.#faults.refuseLogins;
    return fault && this.#take(fault) ? fault.reason : undefined;
  }

  ignoresLogin(): boolean {
    const fault = this.#faults.ignoreLogins;
    return fault !== undefined && (fault === 'all' || this.#take(fault));
  }

  isAbsentFromWhatsapp(number: string): boolean {
    return listed(this.#faults.notOnWhatsApp, number);
  }

  isAbsent(number: string): boolean {
    return listed(this.#faults.absent, number);
  }

  #applies(fault: 'all' | AckFault | undefined, number: string | undefined): boolean {
    if (fault === undefined) return false;
    if (fault === 'all') return true;
    return concerns(fault, number) && this.#take(fault);
  }

  /** Uses the fault up by one; false when it was used up before. */
  #take(fault: LimitedFault): boolean {
    if (fault.first === undefined) return true;
    const used = this.#used.get(fault) ?? 0;
    if (used >= fault.first) return false;
    this.#used.set(fault, used + 1);
    return true;
  }
}

function concerns(fault: AckFault, number: string | undefined): boolean {
  if (fault.number === undefined || fault.number === '*') return true;
  return number !== undefined && canonicalNumber(fault.number) === number;
}

function listed(numbers: readonly string[] | undefined, number: string): boolean {
  return numbers?.some((listedNumber) => canonicalNumber(listedNumber) === number) ?? false;
}
