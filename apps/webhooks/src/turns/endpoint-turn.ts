/**
 * An endpoint's turn: takes what is due, keeps as much of it in flight as the endpoint may have, and ends when nothing
 * is left. Some events more than are in flight are in hand, so that a place is taken again at once and waits for no
 * answer of Redis; results are recorded and new events taken in one call, which under load serves many.
 *
 * What is in hand is begun only while everything goes well. After a failure Redis says first whether it still may.
 */
import { setImmediate as nextTick, setTimeout as wait } from 'node:timers/promises';
import { describeError, type Logger, type Metrics, SECOND } from '@pombo/runtime';
import type { Delivery, DeliveryResult, Exchange, Store, WebhookName } from '@pombo/store';
import { deliverEvent, giveBack } from '../delivery/deliver-event.js';
import type { PostEvent } from '../delivery/post-event.js';
import { type Alarm, createAlarm } from './alarm.js';
import type { InFlightGate } from './in-flight-gate.js';
import { readSubjects, type Subject } from './read-subjects.js';
import type { KnownTarget, Targets } from './targets.js';

export interface TurnTools {
  /** Name of this process among those that deliver. */
  readonly owner: string;
  readonly store: Store;
  readonly gate: InFlightGate;
  readonly post: PostEvent;
  readonly targets: Targets;
  /** Most events in flight to one endpoint. */
  readonly inFlight: number;
  /** What this process has in hand is somebody else's when it has said nothing for so long. */
  readonly leaseMs: number;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Fires when nothing new is to be begun. */
  readonly stopping: AbortSignal;
}

/** Events in hand for each that may be in flight: enough to go on with while Redis is asked, and while it is busy. */
const IN_HAND_PER_PLACE = 4;
/** How long results wait for others to be recorded with, while there are still events in hand. */
const GATHER_MS = 20;
/** Redis refuses at the moment; what is to be recorded is kept. */
const STAND_BY_MS = SECOND;

export class EndpointTurn {
  /** Exchanges with Redis of all turns of this process. */
  static #exchanges = 0;
  readonly #name: WebhookName;
  readonly #tools: TurnTools;
  readonly #alarm: Alarm;
  #known: KnownTarget;
  #flying = 0;
  /** Taken, and not begun yet. */
  #ready: Subject[] = [];
  #results: DeliveryResult[] = [];
  /** Something failed since Redis was last asked. */
  #troubled = false;
  #poked = false;
  /** Its settings may have changed since Redis was last asked. */
  #changed = false;
  /** Nothing more is to be begun: the endpoint is gone, or what it takes cannot be read here. */
  #over = false;

  private constructor(name: WebhookName, tools: TurnTools, known: KnownTarget) {
    this.#name = name;
    this.#tools = tools;
    this.#known = known;
    // So often it says that it still serves the endpoint.
    this.#alarm = createAlarm(tools.leaseMs / 3, GATHER_MS);
  }

  static async begin(name: WebhookName, tools: TurnTools): Promise<EndpointTurn | undefined> {
    const known = await tools.targets.find(name);
    return known && new EndpointTurn(name, tools, known);
  }

  /** Never rejects. */
  async run(): Promise<void> {
    for (;;) {
      const places = await this.#takePlaces();
      const exchange = await this.#exchange(places);
      if (!exchange) return;
      if (this.#flying + this.#ready.length + this.#results.length === 0) return;
      if (!this.#isUrgent()) await this.#sleep();
      await nextTick();
    }
  }

  #sleep(): Promise<void> {
    const slept = this.#alarm.wait();
    if (this.#results.length > 0) this.#alarm.ringSoon();
    return slept;
  }

  /** There may be something new to do, or to do no longer. */
  poke(changed = false): void {
    this.#poked = true;
    if (changed) this.#changed = true;
    this.#ring();
  }

  /** Waits for a place only when there is nothing else to wait for, and nothing in hand that others could deliver. */
  #takePlaces(): Promise<number> | number {
    const { gate, inFlight, stopping } = this.#tools;
    const { tenantId } = this.#name;
    const most = inFlight - this.#flying;
    if (stopping.aborted || most <= 0) return 0;
    if (this.#flying + this.#ready.length + this.#results.length === 0) return gate.enter(tenantId, most);
    const places = gate.tryEnter(tenantId, most);
    if (places === 0 && this.#flying === 0) this.#giveUpReady();
    return places;
  }

  /** @returns undefined when there is nothing more to do here. */
  async #exchange(places: number): Promise<Exchange | undefined> {
    if (this.#tools.stopping.aborted) this.#giveUpReady();
    const settled = this.#results.splice(0);
    countOutcomes(settled, this.#tools.metrics);
    this.#poked = this.#changed = false;
    const exchange = await this.#record(settled, places);
    if (exchange) await this.#receive(exchange);
    else this.#ready = [];
    this.#tools.gate.leave(this.#name.tenantId, exchange ? this.#begin(places) : places);
    return exchange;
  }

  async #record(settled: readonly DeliveryResult[], places: number): Promise<Exchange | undefined> {
    const { owner, leaseMs, store, inFlight, logger, stopping } = this.#tools;
    const inHand = IN_HAND_PER_PLACE * inFlight;
    const mayTake = !this.#over && (places > 0 || (this.#flying > 0 && !stopping.aborted));
    const held = this.#flying + this.#ready.length;
    const wanted = mayTake ? inHand - held : 0;
    const number = (EndpointTurn.#exchanges += 1);
    for (;;) {
      try {
        this.#troubled = false;
        const options = { owner, leaseMs, wanted, inHand, held, number };
        return await store.webhooks.deliveries.exchange(this.#name, settled, options);
      } catch (error) {
        logger.error('deliveries were not recorded', { ...this.#name, ...describeError(error) });
        if (stopping.aborted) return undefined;
        await wait(STAND_BY_MS);
      }
    }
  }

  async #receive({ usable, revision, deliveries }: Exchange): Promise<void> {
    if (!usable) this.#giveUpReady();
    try {
      await this.#follow(revision);
      if (this.#over) this.#giveUp(deliveries);
      else if (deliveries.length > 0) this.#ready.push(...(await readSubjects(this.#tools.store, deliveries)));
    } catch (error) {
      // Redis did not say what to send; the events go back untried.
      this.#tools.logger.error('events could not be read', { ...this.#name, ...describeError(error) });
      this.#results.push(...deliveries.map(giveBack));
      await wait(STAND_BY_MS);
    }
  }

  #giveUp(deliveries: readonly Delivery[]): void {
    this.#giveUpReady();
    this.#results.push(...deliveries.map(giveBack));
  }

  #giveUpReady(): void {
    this.#results.push(...this.#ready.splice(0).map(({ delivery }) => giveBack(delivery)));
  }

  /** Settings that were changed meanwhile are what counts. */
  async #follow(revision: string): Promise<void> {
    if (revision === this.#known.revision) return;
    const known = await this.#tools.targets.read(this.#name);
    if (known) this.#known = known;
    else this.#over = true;
  }

  /** @returns how many of the places were not needed. */
  #begin(places: number): number {
    let left = places;
    for (; left > 0 && this.#mayBegin(); left -= 1) {
      const next = this.#ready.shift();
      if (!next) break;
      this.#deliver(next);
    }
    return left;
  }

  #deliver({ delivery, subject }: Subject): void {
    this.#flying += 1;
    deliverEvent(delivery, subject, this.#known.target, this.#tools, this.#settle);
  }

  readonly #settle = (result: DeliveryResult): void => {
    const { gate } = this.#tools;
    const { tenantId } = this.#name;
    this.#flying -= 1;
    this.#results.push(result);
    if (result.verdict !== 'ok') this.#troubled = true;
    gate.leave(tenantId, 1);
    if (this.#ready.length > 0 && this.#mayBegin()) {
      gate.leave(tenantId, this.#begin(gate.tryEnter(tenantId, 1)));
    }
    this.#ring();
  };

  #ring(): void {
    if (this.#isUrgent()) this.#alarm.ring();
    else if (this.#results.length > 0) this.#alarm.ringSoon();
  }

  /** Whether what is ready may be begun; otherwise Redis is asked first. */
  #mayBegin(): boolean {
    return !this.#troubled && !this.#changed && !this.#tools.stopping.aborted;
  }

  /** Whether Redis is to be asked at once. */
  #isUrgent(): boolean {
    const { inFlight, stopping } = this.#tools;
    if (this.#flying === 0 || this.#changed || stopping.aborted) return true;
    if (this.#poked && this.#flying < inFlight) return true;
    if (this.#results.length === 0) return false;
    return this.#troubled || this.#ready.length === 0 || this.#results.length >= inFlight;
  }
}

function countOutcomes(results: readonly DeliveryResult[], { webhookAttempts }: Metrics): void {
  const counts = new Map<string, number>();
  for (const { verdict } of results) if (verdict !== 'back') counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  for (const [outcome, count] of counts) webhookAttempts.inc({ outcome }, count);
}
