import { randomBytes } from 'node:crypto';
import { Counters } from './counters.js';
import { DelayedTasks } from './delayed-tasks.js';
import { FaultDesk } from './faults.js';
import { createServerIdentity, type ServerIdentity } from './identity/server-identity.js';
import { MediaInspector } from './media/media-check.js';
import { startMediaHost } from './media/media-host.js';
import { MediaLinks } from './media/media-link.js';
import { MediaShelf } from './media/media-shelf.js';
import { Directory } from './people/directory.js';
import { GroupDirectory } from './people/group-directory.js';
import { InboxRetention } from './people/inbox-retention.js';
import { Newsletters } from './people/newsletters.js';
import { HeldArrivals } from './phones/held-arrivals.js';
import { PendingReplies } from './phones/pending-replies.js';
import type { ResolvedOptions } from './sandbox-options.js';
import { PairedDevices } from './server/paired-devices.js';
import { PairingDesk } from './server/pairing-desk.js';
import { MessageJournal } from './server/message-journal.js';
import { loadState, StateFile, type StoredState } from './state/state-file.js';
import type { UndoStack } from './undo-stack.js';
import type { World } from './world.js';

const MAX_REMEMBERED_MESSAGES = 200_000;
const MAX_JOURNAL_ENTRIES = 50_000;

export interface OpenedWorld {
  readonly world: World;
  readonly identity: ServerIdentity;
}

/** Makes everything a sandbox consists of, or brings it back from the state file, and starts the media host. */
export async function openWorld(options: ResolvedOptions, undo: UndoStack): Promise<OpenedWorld> {
  const stored = options.stateFile === undefined ? undefined : await loadState(options.stateFile);
  const identity = stored?.identity ?? (await createServerIdentity());
  const faults = new FaultDesk();
  const directory = new Directory({
    distinctIdentities: options.distinctIdentities,
    isAbsentFromWhatsapp: (number) => faults.isAbsentFromWhatsapp(number),
  });
  const groups = new GroupDirectory();
  if (stored) {
    directory.restore(stored.users);
    groups.restore(stored.groups);
  }
  const saveSoon = keepState(options, undo, () => ({
    version: 1,
    identity,
    users: directory.serialize(),
    groups: groups.all(),
  }));
  const counters = new Counters();
  const tasks = new DelayedTasks();
  undo.push(() => tasks.close());
  const world: World = {
    options,
    logger: options.logger,
    counters,
    journal: new MessageJournal(MAX_JOURNAL_ENTRIES),
    faults,
    tasks,
    directory,
    groups,
    newsletters: new Newsletters(),
    retention: new InboxRetention(options.keptContents, MAX_REMEMBERED_MESSAGES),
    held: new HeldArrivals(),
    replies: new PendingReplies(),
    pairing: new PairingDesk({ directory, onPaired: saveSoon }),
    pairedDevices: new PairedDevices(directory, options.distinctIdentities),
    media: await openMedia(options, identity, { faults, counters, tasks }, undo),
    changed: saveSoon,
  };
  return { world, identity };
}

function keepState(options: ResolvedOptions, undo: UndoStack, snapshot: () => StoredState): () => void {
  if (options.stateFile === undefined) return () => undefined;
  const file = new StateFile(options.stateFile, options.logger, snapshot);
  undo.push(() => file.close());
  file.saveSoon();
  return () => file.saveSoon();
}

async function openMedia(
  options: ResolvedOptions,
  { tls, linkSecret }: ServerIdentity,
  shared: Pick<World, 'faults' | 'counters' | 'tasks'>,
  undo: UndoStack,
): Promise<World['media']> {
  const directory = options.stateFile === undefined ? undefined : `${options.stateFile}.media`;
  const shelf = new MediaShelf(options.maxMediaBytes, directory);
  await shelf.open();
  const host = await startMediaHost({
    ...shared,
    port: options.mediaPort,
    tls,
    auth: randomBytes(16).toString('base64url'),
    shelf,
    links: new MediaLinks(linkSecret),
    logger: options.logger,
  });
  undo.push(() => host.close());
  const inspector = new MediaInspector(host.host, tls.cert);
  undo.push(() => inspector.close());
  return { host, shelf, inspector };
}
