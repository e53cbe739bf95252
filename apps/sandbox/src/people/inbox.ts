import { ReceivedMessage, type MessageOrigin } from './received-message.js';

export interface TypingState {
  /** Device jid that typed. */
  readonly from: string;
  readonly state: 'composing' | 'paused' | 'recording';
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Group the typing was seen in. */
  readonly group?: string;
}

const MAX_TYPING_STATES = 200;

/** What one account received, in the order it first arrived. */
export class Inbox {
  readonly #messages = new Map<string, ReceivedMessage>();
  readonly #typing: TypingState[] = [];
  #arrived = 0;

  get typing(): readonly TypingState[] {
    return this.#typing;
  }

  get messages(): ReceivedMessage[] {
    return [...this.#messages.values()];
  }

  find(id: string): ReceivedMessage | undefined {
    return this.#messages.get(id);
  }

  /** The message with that id; made when it is the first time the account hears of it. */
  open(id: string, origin: MessageOrigin): ReceivedMessage {
    const known = this.#messages.get(id);
    if (known) return known;
    const message = new ReceivedMessage(id, ++this.#arrived, origin);
    this.#messages.set(id, message);
    return message;
  }

  drop(id: string): void {
    this.#messages.delete(id);
  }

  noteTyping(state: TypingState): void {
    this.#typing.push(state);
    if (this.#typing.length > MAX_TYPING_STATES) this.#typing.shift();
  }
}
