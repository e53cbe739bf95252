import { setTimeout as wait } from 'node:timers/promises';
import { JobReleased } from '@pombo/queue';

/** Waits. @throws JobReleased when the device is given up meanwhile. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch {
    throw new JobReleased();
  }
}
