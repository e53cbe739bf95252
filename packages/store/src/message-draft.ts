/** What it takes to accept a message. */
import type { MessageContent, MessageState, Priority } from '@pombo/contracts';

/** A message about to be accepted. */
export interface MessageDraft {
  readonly id: string;
  readonly content: MessageContent;
  readonly tenantId: string;
  readonly userId: string;
  readonly deviceId: string;
  /** JID. */
  readonly to: string;
  readonly priority: Priority;
  readonly clientReference?: string;
  /** The message this one repeats. */
  readonly retryOf?: string;
  /** When it is due, in milliseconds since the epoch; absent for at once. */
  readonly sendAt?: number;
  /** Milliseconds it may wait for its device after it is due. */
  readonly expiresInMs: number;
  /** Someone waits for the outcome, so it is published when it is known. */
  readonly awaited: boolean;
}

export interface AcceptResult {
  readonly sequence: number;
  /** The state it is in, when it was accepted before. */
  readonly known?: MessageState;
}

export interface MessageLimits {
  readonly deviceMaxWaiting: number;
  readonly recordRetentionMs: number;
  readonly outboxRetentionMs: number;
  /** How long a chat counts as known after the last message. */
  readonly chatRetentionMs: number;
}
