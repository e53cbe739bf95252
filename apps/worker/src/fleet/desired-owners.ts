/**
 * Who should own which device: rendezvous hashing, so that every worker finds the same answer by itself, and a worker
 * that comes or goes moves no device but its own. A worker with twice the capacity is given twice as many.
 */
import type { LiveWorker } from '@pombo/store';

export interface DesiredOwners {
  ownerOf(deviceId: string): string | undefined;
  /** Who should take the device when its owner does not. */
  understudyOf(deviceId: string): string | undefined;
  /** Devices a worker should own. */
  devicesOf(name: string): readonly string[];
  /** Devices a worker should take when their owner does not. */
  understudiedBy(name: string): readonly string[];
  /** Devices that nobody has room for. */
  readonly waiting: number;
}

interface Seat {
  readonly name: string;
  readonly hash: number;
  readonly capacity: number;
  taken: number;
}

/**
 * Devices choose in the order of their hashes, so that with too little room the same ones wait wherever this is worked
 * out. Workers that are about to stop are passed over.
 */
export function desireOwners(deviceIds: Iterable<string>, workers: readonly LiveWorker[]): DesiredOwners {
  const seats = workers
    .filter(({ draining, capacity }) => !draining && capacity > 0)
    .map(({ name, capacity }): Seat => ({ name, capacity, hash: hashOf(name), taken: 0 }));
  const devices = [...deviceIds].map((id) => ({ id, hash: hashOf(id) }));
  devices.sort((a, b) => a.hash - b.hash || (a.id < b.id ? -1 : 1));

  const owners = new Map<string, string>();
  const understudies = new Map<string, string>();
  for (const { id, hash } of devices) {
    const [owner, understudy] = bestTwo(seats, hash);
    if (!owner) continue;
    owner.taken += 1;
    owners.set(id, owner.name);
    if (understudy) understudies.set(id, understudy.name);
  }
  const [owned, understudied] = [invert(owners), invert(understudies)];
  return {
    ownerOf: (id) => owners.get(id),
    understudyOf: (id) => understudies.get(id),
    devicesOf: (name) => owned.get(name) ?? [],
    understudiedBy: (name) => understudied.get(name) ?? [],
    waiting: devices.length - owners.size,
  };
}

/** Who of those that stay looks after something that takes no room; everyone finds the same answer. */
export function chooseWorker(key: string, workers: readonly LiveWorker[]): string | undefined {
  const seats = workers.filter(({ draining }) => !draining);
  const [first] = bestTwo(
    seats.map(({ name }) => ({ name, capacity: 1, hash: hashOf(name), taken: 0 })),
    hashOf(key),
  );
  return first?.name;
}

function bestTwo(seats: readonly Seat[], deviceHash: number): [Seat?, Seat?] {
  let first: Seat | undefined;
  let second: Seat | undefined;
  let [firstScore, secondScore] = [-Infinity, -Infinity];
  for (const seat of seats) {
    if (seat.taken >= seat.capacity) continue;
    const score = scoreOf(seat, deviceHash);
    if (score > firstScore) {
      [second, secondScore] = [first, firstScore];
      [first, firstScore] = [seat, score];
    } else if (score > secondScore) {
      [second, secondScore] = [seat, score];
    }
  }
  return [first, second];
}

/**
 * Weighted rendezvous hashing: `-weight / ln(u)` for a `u` even in (0, 1) is largest for a worker with a probability in
 * proportion to its weight (Schindelhauer and Schomaker, "Weighted distributed hash tables", SPAA 2005).
 */
function scoreOf({ hash, capacity }: Seat, deviceHash: number): number {
  const even = (mix(hash ^ Math.imul(deviceHash, 0x9e3779b1)) + 0.5) / 2 ** 32;
  return -capacity / Math.log(even);
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/** The finaliser of MurmurHash3: every bit of the input changes half the bits of the result. */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function invert(owners: ReadonlyMap<string, string>): Map<string, string[]> {
  const inverted = new Map<string, string[]>();
  for (const [id, name] of owners) {
    const known = inverted.get(name);
    if (known) known.push(id);
    else inverted.set(name, [id]);
  }
  return inverted;
}
