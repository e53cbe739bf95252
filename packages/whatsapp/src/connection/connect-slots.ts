/**
 * How many sessions of a process connect at once. A hundred that begin together (a worker took over another's, a network
 * came back) would all be slow, and look like an attack; a few at a time, the first are back at once. Most of a login is
 * waiting for the other side, and then more of them may wait together; but where this process itself is what they wait
 * for, more at once would only make each of them later.
 */
import { type EventLoopUtilization, performance } from 'node:perf_hooks';

export interface ConnectSlots {
  /** Waits for a slot. @returns what gives it back; more than once does nothing. */
  take(): Promise<() => void>;
}

export interface SharedConnectSlots extends ConnectSlots {
  /** The same slots for sessions that go before all others: of devices that were sending until a moment ago. */
  readonly first: ConnectSlots;
}

/** So many connect however busy the process is, and so many more are let in at a look. */
const FEW = 4;
const LOOK_EVERY_MS = 100;
/** Part of the time the event loop was at work. */
const BUSY = 0.8;

/** @param most slots there are. @param isBusy whether this process was busy since it was last asked. */
export function createConnectSlots(most: number, isBusy = createBusyCheck()): SharedConnectSlots {
  const line: Array<() => void> = [];
  const front: Array<() => void> = [];
  let taken = 0;
  let timer: NodeJS.Timeout | undefined;

  const admit = (room: number): void => {
    for (let left = Math.min(room, most - taken); left > 0; left -= 1) {
      const enter = front.shift() ?? line.shift();
      if (!enter) return;
      taken += 1;
      enter();
    }
    if (front.length + line.length > 0 && taken < most) timer ??= setTimeout(look, LOOK_EVERY_MS);
  };

  const look = (): void => {
    timer = undefined;
    admit(isBusy() ? FEW - taken : FEW);
  };

  const takeIn = (waiting: Array<() => void>) => async (): Promise<() => void> => {
    // What it did before does not count.
    if (front.length + line.length === 0) isBusy();
    await new Promise<void>((enter) => {
      waiting.push(enter);
      admit(FEW - taken);
    });
    let left = false;
    return () => {
      if (left) return;
      left = true;
      taken -= 1;
      admit(FEW - taken);
    };
  };

  return { take: takeIn(line), first: { take: takeIn(front) } };
}

function createBusyCheck(): () => boolean {
  let last: EventLoopUtilization = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization > BUSY;
  };
}
