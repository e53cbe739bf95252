import type { FaultChanges, Faults } from '../faults.js';
import type { World } from '../world.js';

export interface FaultControls {
  /** Sets the faults named and leaves the others; null clears one. @returns all that are now set. */
  setFaults(changes: FaultChanges): Readonly<Faults>;
  clearFaults(): void;
  faults(): Readonly<Faults>;
  /** Everything uploaded so far is gone from the media host. */
  forgetMedia(): Promise<void>;
}

export function faultControls(world: () => World): FaultControls {
  const releaseThoseBack = (): void => {
    const { held, faults } = world();
    held.release((number) => faults.isAbsent(number));
  };
  return {
    setFaults: (changes) => {
      world().faults.change(changes);
      releaseThoseBack();
      return world().faults.current;
    },
    clearFaults: () => {
      world().faults.clear();
      releaseThoseBack();
    },
    faults: () => world().faults.current,
    forgetMedia: () => world().media.shelf.clear(),
  };
}
