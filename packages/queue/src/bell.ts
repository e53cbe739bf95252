/** Lets a loop sleep until something it looks at has changed. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring, at once when it rang since the last wait, or after `ms`. */
  wait(ms?: number): Promise<void>;
}

export function createBell(): Bell {
  let rang = false;
  let wake: () => void = () => undefined;
  return {
    ring() {
      rang = true;
      wake();
    },
    async wait(ms) {
      if (!rang) {
        await new Promise<void>((resolve) => {
          const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      wake = () => undefined;
      rang = false;
    },
  };
}
