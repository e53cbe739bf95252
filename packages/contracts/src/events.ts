/** Names of what customers can subscribe to; a name, once published, keeps its meaning. */
export const MESSAGE_EVENTS = [
  'message.queued',
  'message.sent',
  'message.delivered',
  'message.read',
  'message.played',
  'message.failed',
  'message.canceled',
  'message.expired',
  'message.received',
] as const;

export const DEVICE_EVENTS = [
  'device.connected',
  'device.disconnected',
  'device.logged_out',
  'device.restricted',
  'qr.generated',
  'pair.success',
] as const;

export type EventName = (typeof MESSAGE_EVENTS)[number] | (typeof DEVICE_EVENTS)[number];

/** What an outbox entry holds. Details of a message are read from its record when the event is delivered. */
export interface OutboxEvent {
  /** Stable event id; the same on every delivery. */
  readonly id: string;
  readonly event: EventName;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly deviceId: string;
  readonly messageId?: string;
  readonly errorCode?: string;
}
