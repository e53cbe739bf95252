/** Hears which outboxes got events, and which endpoints there is something to do for. */
import { describeError, type Logger, type Redis } from '@pombo/runtime';
import { type Keys, readWebhookNotice } from '@pombo/store';
import { readNudge, type Relay } from './relay/relay.js';
import type { Turns } from './turns/turns.js';

export interface ListenerOptions {
  /** A connection of its own: one that subscribes does nothing else. */
  readonly subscriber: Redis;
  readonly keys: Keys;
  readonly relay: Relay;
  readonly turns: Turns;
  readonly logger: Logger;
}

/** Resolves once it hears. What is said while the connection is away is found by the sweep. */
export async function listen({ subscriber, keys, relay, turns, logger }: ListenerOptions): Promise<void> {
  subscriber.on('message', (channel: string, message: string) => {
    if (channel === keys.outboxChannel) return relay.nudge(readNudge(message));
    const { name, served } = readWebhookNotice(message);
    if (turns.poke(name, !served) || served) return;
    turns.plan(name).catch((error: unknown) => logger.error('an endpoint was not woken', describeError(error)));
  });
  await subscriber.subscribe(keys.outboxChannel, keys.webhookChannel);
}
