/** What events are about, read together when they are taken. */
import type { StoredReceived } from '@pombo/contracts';
import { type Delivery, isOwnMessageEvent, isReceivedEvent, type Store } from '@pombo/store';
import type { EventSubject } from '../delivery/build-body.js';

/** An event with what it is about. */
export interface Subject {
  readonly delivery: Delivery;
  readonly subject: EventSubject;
}

export async function readSubjects({ messages, received }: Store, deliveries: readonly Delivery[]): Promise<Subject[]> {
  const own: string[] = [];
  const writtenToUs: Array<Promise<StoredReceived | undefined>> = [];
  for (const { event } of deliveries) {
    const id = event.messageId ?? '';
    if (isOwnMessageEvent(event)) own.push(id);
    else if (isReceivedEvent(event)) writtenToUs.push(received.read(event.deviceId, id));
  }
  const [records, stored] = await Promise.all([messages.readMany(own), Promise.all(writtenToUs)]);
  let [nextRecord, nextStored] = [0, 0];
  return deliveries.map((delivery) => {
    const { event } = delivery;
    if (isOwnMessageEvent(event)) return { delivery, subject: { record: records[nextRecord++] } };
    if (isReceivedEvent(event)) return { delivery, subject: { received: stored[nextStored++] } };
    return { delivery, subject: {} };
  });
}
