import { nextTick } from 'node:process';

/**
 * When everything has run that waits for nothing from outside: what is encrypted for one device after the other, or what
 * is looked up for fifty people at once.
 */
export const endOfTick = (): Promise<void> => new Promise((resolve) => nextTick(resolve));
