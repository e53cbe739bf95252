/** The messages of several devices as one row, newest first. Devices are read in small pieces, as far as it is needed. */
import { type IndexEntry, type MessageIndex, type Place, standsBefore } from '@pombo/store';

/** Pieces grow from this, so that a tenant with many devices costs little and one with a single device few round trips. */
const FIRST_PIECE = 8;
const LARGEST_PIECE = 128;

interface Lane {
  readonly deviceId: string;
  /** Read and not given out yet, newest first. */
  waiting: IndexEntry[];
  piece: number;
  /** The index has nothing behind what is waiting. */
  atEnd: boolean;
  last: Place | undefined;
}

/** @param after the last place that was given out before; undefined for the beginning. */
export async function* newestFirst(
  index: MessageIndex,
  deviceIds: readonly string[],
  after: Place | undefined,
): AsyncGenerator<IndexEntry, void, undefined> {
  const refill = async (lane: Lane): Promise<void> => {
    lane.waiting = await index.read(lane.deviceId, lane.last, lane.piece);
    lane.atEnd = lane.waiting.length < lane.piece;
    lane.last = lane.waiting.at(-1) ?? lane.last;
    lane.piece = Math.min(lane.piece * 2, LARGEST_PIECE);
  };
  const lanes = deviceIds.map((deviceId): Lane => ({
    ...{ deviceId, waiting: [], piece: FIRST_PIECE, atEnd: false },
    last: after,
  }));
  await Promise.all(lanes.map(refill));
  for (;;) {
    const lane = foremost(lanes);
    const entry = lane?.waiting.shift();
    if (!lane || !entry) return;
    // At once: a lane that is empty without being at its end would be passed over.
    if (lane.waiting.length === 0 && !lane.atEnd) await refill(lane);
    yield entry;
  }
}

function foremost(lanes: readonly Lane[]): Lane | undefined {
  let best: { lane: Lane; head: IndexEntry } | undefined;
  for (const lane of lanes) {
    const [head] = lane.waiting;
    if (head && (!best || standsBefore(head, best.head))) best = { lane, head };
  }
  return best?.lane;
}
