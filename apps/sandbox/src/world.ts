/** What every part of the sandbox works on: who exists, what is to go wrong, what was counted. */
import type { Counters } from './counters.js';
import type { DelayedTasks } from './delayed-tasks.js';
import type { FaultDesk } from './faults.js';
import type { MediaInspector } from './media/media-check.js';
import type { MediaHost } from './media/media-host.js';
import type { MediaShelf } from './media/media-shelf.js';
import type { Directory } from './people/directory.js';
import type { GroupDirectory } from './people/group-directory.js';
import type { InboxRetention } from './people/inbox-retention.js';
import type { Newsletters } from './people/newsletters.js';
import type { HeldArrivals } from './phones/held-arrivals.js';
import type { PendingReplies } from './phones/pending-replies.js';
import type { ResolvedOptions } from './sandbox-options.js';
import type { SandboxLogger } from './sandbox-logger.js';
import type { MessageJournal } from './server/message-journal.js';
import type { PairedDevices } from './server/paired-devices.js';
import type { PairingDesk } from './server/pairing-desk.js';

export interface World {
  readonly options: ResolvedOptions;
  readonly logger: SandboxLogger;
  readonly counters: Counters;
  readonly journal: MessageJournal;
  readonly faults: FaultDesk;
  readonly tasks: DelayedTasks;
  readonly directory: Directory;
  readonly groups: GroupDirectory;
  readonly newsletters: Newsletters;
  readonly retention: InboxRetention;
  readonly held: HeldArrivals;
  readonly replies: PendingReplies;
  readonly pairing: PairingDesk;
  readonly pairedDevices: PairedDevices;
  readonly media: { readonly host: MediaHost; readonly shelf: MediaShelf; readonly inspector: MediaInspector };
  /** Something worth keeping changed; the state file, if there is one, is written soon. */
  changed(): void;
}
