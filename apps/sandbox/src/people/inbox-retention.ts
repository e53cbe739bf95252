/** Load tests send for hours: only the newest messages keep their content, and only so many are remembered at all. */
import type { Inbox } from './inbox.js';
import type { ReceivedMessage } from './received-message.js';

export class InboxRetention {
  readonly #withContent: ReceivedMessage[] = [];
  readonly #remembered: Array<readonly [Inbox, string]> = [];
  readonly #maxContents: number;
  readonly #maxMessages: number;
  #oldestContent = 0;
  #oldestMessage = 0;

  constructor(maxContents: number, maxMessages: number) {
    this.#maxContents = maxContents;
    this.#maxMessages = maxMessages;
  }

  /** @param message one that was never admitted before. */
  admit(inbox: Inbox, message: ReceivedMessage): void {
    const crowdedOut = this.#withContent[this.#oldestContent];
    crowdedOut?.forgetContent();
    this.#withContent[this.#oldestContent] = message;
    this.#oldestContent = (this.#oldestContent + 1) % this.#maxContents;

    const forgotten = this.#remembered[this.#oldestMessage];
    forgotten?.[0].drop(forgotten[1]);
    this.#remembered[this.#oldestMessage] = [inbox, message.id];
    this.#oldestMessage = (this.#oldestMessage + 1) % this.#maxMessages;
  }
}
