/**
 * A worker that stops hands its devices over a few at a time, each only when its heirs have kept up with those before:
 * given away all at once, most would wait for the heirs to connect the others. A device whose heir is busy with those of
 * somebody else, perhaps of a worker that died, goes on sending here until it is not.
 */
import { SECOND } from '@pombo/runtime';
import type { OwnedDevice } from '../devices/owned-device.js';
import type { Holdings } from './holdings.js';

export interface DrainOptions {
  /** How long all of it may take. */
  readonly graceMs: number;
  readonly heirOf: (deviceId: string) => string | undefined;
  /** Resolves when the heir has time for the device. */
  readonly untilHeirIsFree: (deviceId: string) => Promise<void>;
  /** Resolves when the heir has connected the device, or failed to. */
  readonly untilSettled: (deviceId: string) => Promise<void>;
  /** Whether there is anybody to keep pace with. */
  readonly paced: boolean;
}

/** Handed over at once: few, since those under way at the same time slow each other down, and more when time is short. */
const LEAST_AT_ONCE = 3;
const MOST_AT_ONCE = 32;
/** How long an heir is waited for. */
const HEIR_MS = 2 * SECOND;
/** Part of the time after which whatever is left goes at once, so that it has the rest to finish what is in flight. */
const PACED_PART = 0.7;

export async function drain(holdings: Holdings, options: DrainOptions): Promise<void> {
  const { graceMs, heirOf, untilHeirIsFree, untilSettled, paced } = options;
  const begun = performance.now();
  const hurryAt = begun + (paced ? graceMs * PACED_PART : 0);
  const left = holdings.owned();
  const underWay = new Set<Promise<void>>();
  const hurry = alarm(hurryAt - begun);

  /** @returns how long it took, in ms, from when the heir had time. */
  const handOver = async (device: OwnedDevice): Promise<number> => {
    const { deviceId } = device.lease;
    if (paced) await Promise.race([untilHeirIsFree(deviceId), hurry.rung]);
    const start = performance.now();
    await giveTo(paced ? heirOf(deviceId) : undefined, device);
    return performance.now() - start;
  };

  /** Resolves when the heir has connected it, but does not wait for that for long. */
  const giveTo = async (heir: string | undefined, device: OwnedDevice): Promise<void> => {
    const settled = untilSettled(device.lease.deviceId);
    await holdings.giveBack(device, Math.max(0, begun + graceMs - performance.now()), heir);
    if (heir === undefined) return;
    const late = alarm(HEIR_MS);
    await Promise.race([settled, late.rung, hurry.rung]);
    late.cancel();
  };

  /** As many as it takes to be done in time, each taking as long as the last one did. */
  const atOnce = (lastMs: number): number => {
    const now = performance.now();
    if (now >= hurryAt) return Infinity;
    const needed = Math.ceil((left.length * lastMs) / (hurryAt - now));
    return Math.min(Math.max(needed, LEAST_AT_ONCE), MOST_AT_ONCE);
  };

  const begin = (lastMs: number): void => {
    while (left.length > 0 && underWay.size < atOnce(lastMs)) {
      const device = left.pop();
      if (!device) return;
      const over = handOver(device).then((tookMs) => {
        underWay.delete(over);
        begin(tookMs);
      });
      underWay.add(over);
    }
  };

  void hurry.rung.then(() => begin(0));
  begin(0);
  while (underWay.size > 0) await Promise.race(underWay);
  hurry.cancel();
}

function alarm(ms: number): { readonly rung: Promise<void>; readonly cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const rung = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  return { rung, cancel: () => clearTimeout(timer) };
}
