/**
 * An endpoint's turn: takes what is due, keeps as much of it in flight as the endpoint may have, and ends when nothing
 * is left. Results are recorded and new events taken in one call: while that is under way further deliveries end, so
 * under load one call serves many.
 */
import { setImmediate as nextTick, setTimeout as wait } from 'node:timers/promises';
import { describeError, type Logger, type Metrics, SECOND } from '@pombo/runtime';
import {
  type Delivery,
  type DeliveryResult,
  type Exchange,
  isOwnMessageEvent,
  type Store,
  type WebhookName,
} from '@pombo/store';
import { buildTarget, deliverEvent, giveBack, type Target, type TargetDefaults } from '../delivery/deliver-event.js';
import type { EventSubject } from '../delivery/build-body.js';
import type { PostEvent } from '../delivery/post-event.js';
import type { InFlightGate } from './in-flight-gate.js';

export interface TurnTools {
  readonly store: Store;
  readonly gate: InFlightGate;
  readonly post: PostEvent;
  readonly defaults: TargetDefaults;
  /** Most events in flight to one endpoint. */
  readonly inFlight: number;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Fires when nothing new is to be begun. */
  readonly stopping: AbortSignal;
}

/** How long after its time-out a delivery is given to somebody else: only the dead do not report by then. */
const REPORT_MS = 10 * SECOND;
/** Redis refuses at the moment; what is to be recorded is kept. */
const STAND_BY_MS = SECOND;

/** Never rejects. */
export async function takeTurn(name: WebhookName, tools: TurnTools): Promise<void> {
  const turn = await EndpointTurn.begin(name, tools);
  await turn?.run();
}

class EndpointTurn {
  readonly #name: WebhookName;
  readonly #tools: TurnTools;
  #target: Target;
  #revision: string;
  #flying = 0;
  #results: DeliveryResult[] = [];
  /** Resolves with the next result. */
  #tell: () => void = () => undefined;

  private constructor(name: WebhookName, tools: TurnTools, target: Target, revision: string) {
    this.#name = name;
    this.#tools = tools;
    this.#target = target;
    this.#revision = revision;
  }

  static async begin(name: WebhookName, tools: TurnTools): Promise<EndpointTurn | undefined> {
    const endpoint = await tools.store.webhooks.endpoints.read(name);
    return endpoint && new EndpointTurn(name, tools, buildTarget(endpoint, tools.defaults), endpoint.revision);
  }

  async run(): Promise<void> {
    for (;;) {
      const exchange = await this.#exchange();
      if (!exchange || (this.#flying === 0 && this.#results.length === 0)) return;
      await this.#someResult();
    }
  }

  /** @returns undefined when there is nothing more to do here. */
  async #exchange(): Promise<Exchange | undefined> {
    const { tenantId } = this.#name;
    const places = await this.#takePlaces();
    const settled = this.#results.splice(0);
    const exchange = await this.#record(settled, places);
    const deliveries = exchange?.deliveries ?? [];
    this.#tools.gate.leave(tenantId, places - deliveries.length);
    if (exchange && deliveries.length > 0) await this.#begin(deliveries, exchange.revision);
    return exchange;
  }

  #takePlaces(): Promise<number> | number {
    const { gate, inFlight, stopping } = this.#tools;
    const most = inFlight - this.#flying;
    if (stopping.aborted || most <= 0) return 0;
    const hasWork = this.#flying > 0 || this.#results.length > 0;
    return hasWork ? gate.tryEnter(this.#name.tenantId, most) : gate.enter(this.#name.tenantId, most);
  }

  async #record(settled: readonly DeliveryResult[], wanted: number): Promise<Exchange | undefined> {
    const { store, inFlight, logger, stopping } = this.#tools;
    const options = { wanted, inFlight, visibilityMs: this.#target.timeoutMs + REPORT_MS };
    for (;;) {
      try {
        return await store.webhooks.deliveries.exchange(this.#name, settled, options);
      } catch (error) {
        logger.error('deliveries were not recorded', { ...this.#name, ...describeError(error) });
        if (stopping.aborted) return undefined;
        await wait(STAND_BY_MS);
      }
    }
  }

  async #begin(deliveries: readonly Delivery[], revision: string): Promise<void> {
    this.#flying += deliveries.length;
    this.#tools.metrics.webhookInFlight.inc(deliveries.length);
    try {
      await this.#follow(revision);
      const subjects = await this.#readSubjects(deliveries);
      for (const [place, delivery] of deliveries.entries()) this.#deliver(delivery, subjects[place] ?? {});
    } catch (error) {
      // Redis did not say what to send; the events go back untried.
      this.#tools.logger.error('events could not be read', { ...this.#name, ...describeError(error) });
      for (const delivery of deliveries) this.#settle(giveBack(delivery));
    }
  }

  /** Settings that were changed meanwhile are what counts. */
  async #follow(revision: string): Promise<void> {
    if (revision === this.#revision) return;
    const endpoint = await this.#tools.store.webhooks.endpoints.read(this.#name);
    if (endpoint) this.#target = buildTarget(endpoint, this.#tools.defaults);
    this.#revision = revision;
  }

  async #readSubjects(deliveries: readonly Delivery[]): Promise<EventSubject[]> {
    const { messages, received } = this.#tools.store;
    const own = deliveries.filter(({ event }) => isOwnMessageEvent(event)).map(({ event }) => event.messageId ?? '');
    const records = await messages.readMany(own);
    let next = 0;
    return Promise.all(
      deliveries.map(async ({ event }): Promise<EventSubject> => {
        if (isOwnMessageEvent(event)) return { record: records[next++] };
        if (event.event !== 'message.received') return {};
        return { received: await received.read(event.deviceId, event.messageId ?? '') };
      }),
    );
  }

  #deliver(delivery: Delivery, subject: EventSubject): void {
    const { post, metrics } = this.#tools;
    void deliverEvent(delivery, subject, this.#target, post, metrics).then((result) => this.#settle(result));
  }

  #settle(result: DeliveryResult): void {
    this.#flying -= 1;
    this.#tools.metrics.webhookInFlight.dec();
    this.#results.push(result);
    this.#tools.gate.leave(this.#name.tenantId, 1);
    this.#tell();
  }

  /** Resolves when something has ended, and all that ended with it. */
  async #someResult(): Promise<void> {
    if (this.#results.length === 0) {
      await new Promise<void>((resolve) => {
        this.#tell = resolve;
      });
    }
    await nextTick();
  }
}
