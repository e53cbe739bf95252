/** What ends a message's wait other than its turn. */

/** The message's time ran out while it waited. */
export class ExpiredWhileWaiting extends Error {
  constructor() {
    super('the message expired while it waited');
    this.name = 'ExpiredWhileWaiting';
  }
}

/** The message may not leave yet. @see Slots */
export class HeldBack extends Error {
  /**
   * @param until by this machine's clock, milliseconds since the epoch.
   * @param scope whether every message of the device is held, or only this one.
   */
  constructor(
    readonly until: number,
    readonly scope: 'device' | 'message',
  ) {
    super('the message is held back');
    this.name = 'HeldBack';
  }
}
