/** Names of what customers can subscribe to; a name, once published, keeps its meaning. */
export const MESSAGE_EVENTS = {
  'message.queued': 'The message was accepted and waits for its device.',
  'message.sent': "WhatsApp's server acknowledged the message.",
  'message.delivered': 'A device of the recipient has the message.',
  'message.read': 'The recipient read the message.',
  'message.played': 'The recipient played the voice message or opened the view-once media.',
  'message.failed': 'The message was not sent; error_code says why.',
  'message.canceled': 'The message was canceled before it was sent.',
  'message.expired': 'The device was not ready to send before the message expired.',
  'message.received': 'Someone wrote to one of your devices.',
} as const satisfies Readonly<Record<string, string>>;

export const DEVICE_EVENTS = {
  'device.connected': 'The device is connected to WhatsApp.',
  'device.disconnected': 'The device lost its connection; messages wait until it is back.',
  'device.logged_out': 'The phone unlinked the device; it has to be paired again.',
  'device.restricted': 'WhatsApp restricts what the account may send.',
  'qr.generated': 'A code is on show that pairs the device.',
  'pair.success': 'The device was paired with a phone.',
} as const satisfies Readonly<Record<string, string>>;

/** Sent on request only, to the endpoint that is tested. */
export const TEST_EVENT = 'webhook.test';

export type MessageEvent = keyof typeof MESSAGE_EVENTS;
export type DeviceEvent = keyof typeof DEVICE_EVENTS;
export type EventName = MessageEvent | DeviceEvent;

/** Everything that can be subscribed to. */
export const EVENT_NAMES: readonly EventName[] = [
  ...(Object.keys(MESSAGE_EVENTS) as MessageEvent[]),
  ...(Object.keys(DEVICE_EVENTS) as DeviceEvent[]),
];

/** All events. */
export const EVERY_EVENT = '*';

/** @param patterns names, groups as in `message.*`, or `*`. */
export function wantsEvent(patterns: readonly string[], event: string): boolean {
  const group = `${event.slice(0, event.indexOf('.'))}.*`;
  return patterns.some((pattern) => pattern === EVERY_EVENT || pattern === event || pattern === group);
}

/** What an outbox entry holds. Details of a message are read from its record when the event is delivered. */
export interface OutboxEvent {
  /** Stable event id, without a dot, which separates the parts of what is signed; the same on every delivery. */
  readonly id: string;
  readonly event: EventName | typeof TEST_EVENT;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly deviceId: string;
  /** Of `message.received`: the name its record is kept under. */
  readonly messageId?: string;
  readonly errorCode?: string;
  /** What else there is to say; of events that have no record to be read from. */
  readonly data?: Readonly<Record<string, unknown>>;
}

const stateOf = (event: string): string => event.slice(event.indexOf('.') + 1);

/** A message comes to each of its states once, so message and state name the event. */
export function messageEventId(messageId: string, event: string): string {
  return `evt_${messageId}_${stateOf(event)}`;
}
