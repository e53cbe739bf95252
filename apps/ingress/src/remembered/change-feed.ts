/** What other processes say has changed, as far as it is heard: nothing may rest on it alone. */
import { describeError, type Logger, type Redis } from '@pombo/runtime';
import { type Change, decodeChange, type Keys } from '@pombo/store';

export interface ChangeFeed {
  start(): Promise<void>;
  onChange(listener: (change: Change) => void): void;
  /** Changes may have been missed. */
  onGap(listener: () => void): void;
}

export interface ChangeFeedParts {
  /** A connection for subscriptions, that waits for Redis for ever; stays the caller's to connect and close. */
  readonly subscriber: Redis;
  readonly keys: Keys;
  readonly logger: Logger;
}

export function createChangeFeed({ subscriber, keys, logger }: ChangeFeedParts): ChangeFeed {
  const listeners: Array<(change: Change) => void> = [];
  const gapListeners: Array<() => void> = [];
  const subscribe = async (): Promise<void> => {
    await subscriber.subscribe(keys.changes);
    for (const listener of gapListeners) listener();
  };
  subscriber.on('message', (channel: string, text: string) => {
    const change = channel === keys.changes ? decodeChange(text) : undefined;
    if (change) for (const listener of listeners) listener(change);
  });
  subscriber.on('ready', () => {
    subscribe().catch((error: unknown) => logger.warn('subscribing to changes failed', describeError(error)));
  });
  return {
    start: subscribe,
    onChange: (listener) => void listeners.push(listener),
    onGap: (listener) => void gapListeners.push(listener),
  };
}
