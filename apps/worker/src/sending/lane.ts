/** The messages of one chat that are in hand: those under way, in order, and those that wait. */
import { PRIORITIES, type Priority } from '@pombo/contracts';

/** A job as far as its turn is concerned. */
export interface LaneJob {
  readonly messageId: string;
  /** Position in the device's order of acceptance. */
  readonly sequence: number;
  readonly priority: Priority;
  /** By this machine's clock, milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** 0 is the most urgent, `LEAST_URGENT` the least. */
export type Urgency = number;
export const LEAST_URGENT: Urgency = PRIORITIES.length - 1;
export const urgencyOf = (job: LaneJob): Urgency => PRIORITIES.indexOf(job.priority);

export class Lane<J extends LaneJob = LaneJob> {
  /** Begun and not yet resolved, in order. */
  readonly underWay: J[] = [];
  readonly #parked: J[] = [];
  /** How many are parked of each urgency. */
  readonly #waiting = PRIORITIES.map(() => 0);

  constructor(readonly chat: string) {}

  /** By sequence. */
  get parked(): readonly J[] {
    return this.#parked;
  }

  get isEmpty(): boolean {
    return this.underWay.length === 0 && this.#parked.length === 0;
  }

  /** Of the most urgent message: it pulls those that stand before it along. */
  get urgency(): Urgency {
    const parked = this.#waiting.findIndex((count) => count > 0);
    return Math.min(parked < 0 ? Infinity : parked, ...this.underWay.map(urgencyOf));
  }

  park(job: J): void {
    let at = this.#parked.length;
    while (at > 0 && (this.#parked[at - 1]?.sequence ?? 0) > job.sequence) at -= 1;
    this.#parked.splice(at, 0, job);
    this.#count(job, 1);
  }

  /** Takes the first message that is parked. */
  next(): J | undefined {
    const job = this.#parked.shift();
    if (job) this.#count(job, -1);
    return job;
  }

  /** Takes the parked messages of which `test` is true. */
  takeOut(test: (job: J) => boolean): J[] {
    const out = this.#parked.filter(test);
    if (out.length === 0) return out;
    const kept = this.#parked.filter((job) => !test(job));
    this.#parked.splice(0, this.#parked.length, ...kept);
    for (const job of out) this.#count(job, -1);
    return out;
  }

  /** Takes all messages of another lane, in order with its own. */
  takeOver(other: Lane<J>): void {
    for (const job of other.takeOut(() => true)) this.park(job);
    this.underWay.push(...other.underWay.splice(0));
    this.underWay.sort((a, b) => a.sequence - b.sequence);
  }

  #count(job: J, change: number): void {
    const urgency = urgencyOf(job);
    this.#waiting[urgency] = (this.#waiting[urgency] ?? 0) + change;
  }
}
