/** What ends a message's wait other than its turn. */

/** The message's time ran out while it waited. */
export class ExpiredWhileWaiting extends Error {
  constructor() {
    super('the message expired while it waited');
    this.name = 'ExpiredWhileWaiting';
  }
}

/** The message may not leave yet: pacing, or a restriction of the account. */
export class HeldBack extends Error {
  /**
   * @param until by this machine's clock, milliseconds since the epoch.
   * @param scope whether everything of the device is held, or only chats that are new to it.
   */
  constructor(
    readonly until: number,
    readonly scope: 'device' | 'chat',
  ) {
    super('the message is held back');
    this.name = 'HeldBack';
  }
}
