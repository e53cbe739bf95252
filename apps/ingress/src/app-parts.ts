import type { BlobStore, HasRoom } from '@pombo/media';
import type { Producer } from '@pombo/queue';
import type { Config, Logger, Metrics } from '@pombo/runtime';
import type { Store } from '@pombo/store';
import type { Admission } from './admission/admission.js';
import type { DevicePool } from './devices/device-pool.js';
import type { ErasureRunner } from './erasures/erasure-runner.js';
import type { KnownCallers } from './remembered/known-callers.js';
import type { OutcomeWaiter } from './sends/outcome-waiter.js';

/** What the routes work with; made and ended by the service. */
export interface AppParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly store: Store;
  readonly producer: Producer;
  readonly blobStore: BlobStore;
  readonly hasMediaRoom: HasRoom;
  readonly outcomes: OutcomeWaiter;
  readonly callers: KnownCallers;
  readonly devicePool: DevicePool;
  readonly admission: Admission;
  readonly erasureRunner: Pick<ErasureRunner, 'wake'>;
  readonly metrics: Metrics;
}
