/**
 * A worker that stops hands its devices over a few at a time, each only when its heirs have kept up with those before:
 * given away all at once, most would wait for the heirs to connect the others.
 */
import { SECOND } from '@pombo/runtime';
import { Semaphore } from 'async-mutex';
import type { OwnedDevice } from '../devices/owned-device.js';
import type { Holdings } from './holdings.js';

export interface DrainOptions {
  /** How long all of it may take. */
  readonly graceMs: number;
  readonly heirOf: (deviceId: string) => string | undefined;
  /** Resolves when the heir has connected the device, or failed to. */
  readonly untilSettled: (deviceId: string) => Promise<void>;
  /** Whether there is anybody to keep pace with. */
  readonly paced: boolean;
}

/** Handed over at once. */
const AT_ONCE = 8;
/** How long an heir is waited for. */
const HEIR_MS = 2 * SECOND;
/** Part of the time after which whatever is left goes at once, so that it has the rest to finish what is in flight. */
const PACED_PART = 0.6;

export async function drain(holdings: Holdings, options: DrainOptions): Promise<void> {
  const { graceMs, heirOf, untilSettled, paced } = options;
  const end = performance.now() + graceMs;
  const devices = holdings.owned();
  const slots = new Semaphore(paced ? AT_ONCE : devices.length + 1);
  const hurry = alarm(graceMs * PACED_PART);
  void hurry.rung.then(() => slots.setValue(devices.length + 1));

  const handOver = async (device: OwnedDevice): Promise<void> => {
    const { deviceId } = device.lease;
    const heir = paced ? heirOf(deviceId) : undefined;
    const settled = untilSettled(deviceId);
    await holdings.giveBack(device, Math.max(0, end - performance.now()), heir);
    if (heir === undefined) return;
    const late = alarm(HEIR_MS);
    await Promise.race([settled, late.rung, hurry.rung]);
    late.cancel();
  };
  await Promise.all(devices.map((device) => slots.runExclusive(() => handOver(device))));
  hurry.cancel();
}

function alarm(ms: number): { readonly rung: Promise<void>; readonly cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const rung = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  return { rung, cancel: () => clearTimeout(timer) };
}
