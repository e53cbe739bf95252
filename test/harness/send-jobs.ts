/** Accepts messages as the ingress does, for tests that need no HTTP. */
import type { MessageContent, Priority } from '@pombo/contracts';
import { createProducer, type Producer } from '@pombo/queue';
import type { Store } from '@pombo/store';

export interface TestSend {
  readonly deviceId: string;
  readonly number: string;
  readonly content: MessageContent;
  readonly priority?: Priority;
  readonly expiresInMs?: number;
}

export interface TestSender {
  /** @returns the message id. */
  send(send: TestSend): Promise<string>;
  close(): Promise<void>;
}

export async function createTestSender(store: Store, tenantId: string): Promise<TestSender> {
  const producer: Producer = createProducer(store.redis, store.keys);
  await producer.ready();
  return {
    async send({ deviceId, number, content, priority = 'normal', expiresInMs = 600_000 }) {
      const id = store.messages.createId(deviceId);
      const pipeline = store.redis.pipeline();
      const to = number.includes('@') ? number : `${number}@s.whatsapp.net`;
      store.messages.accept(pipeline, {
        ...{ id, content, tenantId, deviceId, to, priority, expiresInMs },
        userId: 'usr_test',
        delayMs: 0,
        awaited: false,
      });
      await producer.add(pipeline, { messageId: id, deviceId, priority, requestId: 'test', delayMs: 0 });
      const replies = (await pipeline.exec()) ?? [];
      for (const [error] of replies) if (error) throw error;
      store.messages.readAccepted(replies[0]?.[1]);
      return id;
    },
    close: () => producer.close(),
  };
}
