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
  readonly id?: string;
  /** Until it is due. */
  readonly delayMs?: number;
}

export interface TestSender {
  /** @returns the message id. */
  send(send: TestSend): Promise<string>;
  close(): Promise<void>;
}

export function createTestSender(store: Store, tenantId: string): TestSender {
  const producer: Producer = createProducer(store.redis, store.keys);
  return {
    async send({ deviceId, number, content, priority = 'normal', expiresInMs = 600_000, delayMs = 0, ...rest }) {
      const id = rest.id ?? store.messages.createId(deviceId);
      const to = number.includes('@') ? number : `${number}@s.whatsapp.net`;
      const draft = { id, content, tenantId, userId: 'usr_test', deviceId, to, priority, expiresInMs };
      const due = delayMs > 0 ? { sendAt: Date.now() + delayMs } : {};
      const job = await producer.describe({ messageId: id, deviceId, priority, requestId: 'test', delayMs });
      await store.messages.accept({ ...draft, ...due, awaited: false }, job);
      return id;
    },
    close: () => producer.close(),
  };
}
