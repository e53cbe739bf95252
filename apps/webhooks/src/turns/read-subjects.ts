/** What events are about, read together when they are taken. */
import { type Delivery, isOwnMessageEvent, type Store } from '@pombo/store';
import type { EventSubject } from '../delivery/build-body.js';

/** An event with what it is about. */
export interface Subject {
  readonly delivery: Delivery;
  readonly subject: EventSubject;
}

export async function readSubjects({ messages, received }: Store, deliveries: readonly Delivery[]): Promise<Subject[]> {
  const own = deliveries.filter(({ event }) => isOwnMessageEvent(event)).map(({ event }) => event.messageId ?? '');
  const records = own.length > 0 ? await messages.readMany(own) : [];
  let next = 0;
  return Promise.all(
    deliveries.map(async (delivery): Promise<Subject> => {
      const { event } = delivery;
      if (isOwnMessageEvent(event)) return { delivery, subject: { record: records[next++] } };
      if (event.event !== 'message.received') return { delivery, subject: {} };
      return { delivery, subject: { received: await received.read(event.deviceId, event.messageId ?? '') } };
    }),
  );
}
