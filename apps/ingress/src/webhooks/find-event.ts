/** Finds an event of a tenant by its id: events are kept by when they came, which most ids lead to. */
import { isMessageId, type MessageRecord } from '@pombo/contracts';
import { MINUTE } from '@pombo/runtime';
import type { Store } from '@pombo/store';

/** On a Cluster, what an id leads to and the events lie with servers whose clocks may differ. */
const SLACK_MS = MINUTE;

const MESSAGE_EVENT = /^evt_([0-9A-F]{22})_([a-z]+)$/;
const RECEIVED_EVENT = /^evt_([0-9a-f]{24})_received$/;
const TIMED_EVENT = /^evt_[0-9A-Za-z]+_(\d{10,15})/;

/** @returns the event's entry; undefined when it is not kept (any more). */
export async function findEvent(store: Store, tenantId: string, eventId: string): Promise<string | undefined> {
  const { events } = store.webhooks;
  const from = Math.max(0, (await timeOf(store, tenantId, eventId)) - SLACK_MS);
  const found = await events.find(tenantId, eventId, from);
  // The id may have led to a wrong time: how long a received message is kept can be changed.
  return found ?? (from > 0 ? events.find(tenantId, eventId, 0, from) : undefined);
}

/** When the event came to be; the beginning of all that is kept where the id does not lead there. */
async function timeOf(store: Store, tenantId: string, eventId: string): Promise<number> {
  const [, name] = RECEIVED_EVENT.exec(eventId) ?? [];
  if (name !== undefined) {
    return (await store.received.cameAt(await store.devices.listIdsOfTenant(tenantId), name)) ?? 0;
  }
  const [, messageId = '', state] = MESSAGE_EVENT.exec(eventId) ?? [];
  if (!isMessageId(messageId)) return Number(TIMED_EVENT.exec(eventId)?.[1] ?? 0);
  const record = await store.messages.read(messageId);
  const at = record?.[`${state}At` as keyof MessageRecord];
  return record?.tenantId === tenantId && typeof at === 'number' ? at : 0;
}
