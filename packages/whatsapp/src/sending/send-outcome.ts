/** What can become of a send, as types: an error of the session tells the worker what to do next. */
import { PomboError } from '@pombo/contracts';

/** Nothing left the process: send again once the device is connected. */
export class NotConnectedError extends Error {
  constructor(options?: { cause?: unknown }) {
    super('the device is not connected', options);
    this.name = 'NotConnectedError';
  }
}

/** Bytes may have left, no answer came: send again under the same id, a phone shows an id once. */
export class UnknownOutcomeError extends Error {
  /** The server had its time to acknowledge and did not, over a connection that lasted. */
  readonly timedOut: boolean;
  /** The connection went before the server could answer, which says little about the message. */
  readonly disconnected: boolean;

  constructor(
    why: string,
    {
      timedOut = false,
      disconnected = false,
      ...options
    }: { cause?: unknown; timedOut?: boolean; disconnected?: boolean } = {},
  ) {
    super(why, options);
    this.name = 'UnknownOutcomeError';
    this.timedOut = timedOut;
    this.disconnected = disconnected;
  }
}

/** WhatsApp refused to answer a question, or did so in a way nobody understands: that says nothing about any message. */
export class NoAnswerError extends PomboError {
  constructor(cause?: unknown) {
    super('DEVICE_ERROR', 'WhatsApp did not answer the device as expected', { cause, retryable: true });
    this.name = 'NoAnswerError';
  }
}

/** 463: a restricted account may not open new chats; retrying makes it worse. */
const RESTRICTED = '463';

/** Turns the `error` of an ack into a final outcome. */
export function rejectionFromAck(code: string): PomboError {
  if (code === RESTRICTED) {
    return new PomboError(
      'ACCOUNT_RESTRICTED',
      'WhatsApp refused the message (463): the account may not write to new chats at present',
    );
  }
  return new PomboError('REJECTED_BY_WHATSAPP', `WhatsApp refused the message with error ${code.slice(0, 16)}`);
}
