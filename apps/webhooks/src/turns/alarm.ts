/** Lets a turn sleep: until something happens, a little longer so that more can happen, or for a bounded time. */
export interface Alarm {
  /** Resolves at the next ring, soon after the first `ringSoon`, or when the longest sleep is over. */
  wait(): Promise<void>;
  ring(): void;
  ringSoon(): void;
}

export function createAlarm(longestMs: number, soonMs: number): Alarm {
  let wake: (() => void) | undefined;
  let soon: NodeJS.Timeout | undefined;

  return {
    wait: () =>
      new Promise((resolve) => {
        const last = setTimeout(() => wake?.(), longestMs);
        wake = () => {
          clearTimeout(last);
          clearTimeout(soon);
          wake = soon = undefined;
          resolve();
        };
      }),
    ring: () => wake?.(),
    ringSoon() {
      if (wake) soon ??= setTimeout(() => wake?.(), soonMs);
    },
  };
}
