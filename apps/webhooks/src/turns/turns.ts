/** The turns of this process: one at a time for each endpoint, and after each the next one is planned if it is needed. */
import type { WebhookQueue } from '@pombo/queue';
import { describeError } from '@pombo/runtime';
import type { WebhookName, WebhookTurn } from '@pombo/store';
import { EndpointTurn, type TurnTools } from './endpoint-turn.js';

export interface Turns {
  /** Resolves when there is nothing more to do for the endpoint now. Never rejects. */
  take(name: WebhookName): Promise<void>;
  /** Has an endpoint that is being served here looked at again. @param changed its settings may be others. @returns whether it is. */
  poke(name: WebhookName, changed?: boolean): boolean;
  /** Plans an endpoint's next turn, if it has something to deliver. */
  plan(name: WebhookName): Promise<void>;
  /**
   * Sees to it that turns are taken: here and now where they are due and there is room, which spares the queue most of
   * what an event costs when few come; by whoever is free or at its time otherwise.
   */
  spread(turns: readonly WebhookTurn[]): Promise<void>;
  /** Resolves when no turn is left. */
  ended(): Promise<void>;
}

interface Active {
  turn?: EndpointTurn | undefined;
  /** Whether there was something to look at meanwhile: it may have come after the last look. */
  again: boolean;
  ended: Promise<void>;
}

export function createTurns(tools: TurnTools, queue: WebhookQueue): Turns {
  const active = new Map<string, Active>();

  const plan = async (name: WebhookName): Promise<void> => {
    const turn = await tools.store.webhooks.deliveries.plan(name);
    if (turn) await spread([turn]);
  };

  /** Turns that were just taken have no place yet. What is more is left to the queue, and so to any process. */
  const hasRoomFor = ({ tenantId }: WebhookTurn): boolean =>
    active.size < tools.gate.total / 2 && tools.gate.hasRoomFor(tenantId);

  const takeHere = (turn: WebhookTurn): boolean => {
    if (turn.delayMs > 0 || tools.stopping.aborted || !hasRoomFor(turn)) return false;
    void take({ tenantId: turn.tenantId, webhookId: turn.webhookId });
    return true;
  };

  const spread = (turns: readonly WebhookTurn[]): Promise<void> => queue.add(turns.filter((turn) => !takeHere(turn)));

  const work = async (name: WebhookName, own: Active): Promise<void> => {
    try {
      do {
        own.again = false;
        own.turn = await EndpointTurn.begin(name, tools);
        await own.turn?.run();
        own.turn = undefined;
        // What comes while this is under way is looked at, since nobody else will: its turn ends in `poke`.
        await plan(name);
      } while (own.again && !tools.stopping.aborted);
    } catch (error) {
      tools.logger.error('an endpoint could not be served and will be later', { ...name, ...describeError(error) });
    } finally {
      active.delete(name.webhookId);
    }
  };

  const poke = ({ webhookId }: WebhookName, changed = false): boolean => {
    const own = active.get(webhookId);
    if (!own) return false;
    own.again = true;
    own.turn?.poke(changed);
    return true;
  };

  const take = async (name: WebhookName): Promise<void> => {
    if (poke(name) || tools.stopping.aborted) return;
    const own: Active = { again: false, ended: Promise.resolve() };
    active.set(name.webhookId, own);
    own.ended = work(name, own);
    await own.ended;
  };

  return {
    take,
    poke,
    plan,
    spread,
    async ended() {
      for (const { turn } of active.values()) turn?.poke();
      await Promise.all([...active.values()].map(({ ended }) => ended));
    },
  };
}
