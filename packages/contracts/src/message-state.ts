/** States only move forward; which move is allowed is decided in one place, the transition script of the store. */
export const MESSAGE_STATES = [
  'queued',
  'processing',
  'sent',
  'delivered',
  'read',
  'played',
  'failed',
  'canceled',
  'expired',
] as const;

export type MessageState = (typeof MESSAGE_STATES)[number];

/** Ends that nothing follows, except that a late ack or receipt still beats `failed` / `SEND_TIMEOUT`. */
export const TERMINAL_FAILURES = ['failed', 'canceled', 'expired'] as const satisfies readonly MessageState[];

export function isFailure(state: MessageState): boolean {
  return (TERMINAL_FAILURES as readonly MessageState[]).includes(state);
}

/** WhatsApp's server has acknowledged the message. */
export function isAcknowledged(state: MessageState): boolean {
  return state === 'sent' || state === 'delivered' || state === 'read' || state === 'played';
}

export const PRIORITIES = ['high', 'normal', 'bulk'] as const;
export type Priority = (typeof PRIORITIES)[number];
