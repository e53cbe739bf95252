import type { World } from '../world.js';
import { connectionControls, type ConnectionControls } from './connection-controls.js';
import { faultControls, type FaultControls } from './fault-controls.js';
import { observationControls, type ObservationControls } from './observation-controls.js';
import { pairingControls, type PairingControls } from './pairing-controls.js';
import { peopleControls, type PeopleControls } from './people-controls.js';
import { recipientControls, type RecipientControls } from './recipient-controls.js';

/** Everything a test or an operator can do to a running sandbox. */
export type SandboxControls = PairingControls &
  RecipientControls &
  PeopleControls &
  FaultControls &
  ConnectionControls &
  ObservationControls;

/** @param world throws while the sandbox isn't started. */
export function createControls(world: () => World): SandboxControls {
  return {
    ...pairingControls(world),
    ...recipientControls(world),
    ...peopleControls(world),
    ...faultControls(world),
    ...connectionControls(world),
    ...observationControls(world),
  };
}
