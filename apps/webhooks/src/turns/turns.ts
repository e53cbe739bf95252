/** The turns of this process: one at a time for each endpoint, and after each the next one is planned if it is needed. */
import type { WebhookQueue } from '@pombo/queue';
import { describeError } from '@pombo/runtime';
import type { WebhookName } from '@pombo/store';
import { takeTurn, type TurnTools } from './endpoint-turn.js';

export interface Turns {
  /** Resolves when there is nothing more to do for the endpoint now. Never rejects. */
  take(name: WebhookName): Promise<void>;
  /** Plans an endpoint's next turn, if it has something to deliver. */
  plan(name: WebhookName): Promise<void>;
  /** Resolves when no turn is left. */
  ended(): Promise<void>;
}

export function createTurns(tools: TurnTools, queue: WebhookQueue): Turns {
  /** Whether another turn came up meanwhile: what it was for may have come after the last look. */
  const active = new Map<string, { again: boolean; readonly ended: Promise<void> }>();

  const plan = async (name: WebhookName): Promise<void> => {
    const turn = await tools.store.webhooks.deliveries.plan(name);
    if (turn) await queue.add([turn]);
  };

  const work = async (name: WebhookName): Promise<void> => {
    try {
      do {
        const own = active.get(name.webhookId);
        if (own) own.again = false;
        await takeTurn(name, tools);
      } while (active.get(name.webhookId)?.again && !tools.stopping.aborted);
      await plan(name);
    } catch (error) {
      tools.logger.error('an endpoint could not be served and will be later', { ...name, ...describeError(error) });
    } finally {
      active.delete(name.webhookId);
    }
  };

  return {
    async take(name) {
      const own = active.get(name.webhookId);
      if (own) {
        own.again = true;
        return;
      }
      if (tools.stopping.aborted) return;
      const ended = Promise.resolve().then(() => work(name));
      active.set(name.webhookId, { again: false, ended });
      await ended;
    },
    plan,
    async ended() {
      await Promise.all([...active.values()].map(({ ended }) => ended));
    },
  };
}
