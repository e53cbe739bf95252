/**
 * Options of an `LRUCache` that holds at most `count` entries. With its own `max` the cache reserves memory for that many
 * at once: 24 bytes each, which a worker would pay for every session.
 */
export function growingUpTo(count: number): { maxSize: number; sizeCalculation: () => number } {
  return { maxSize: count, sizeCalculation: () => 1 };
}
