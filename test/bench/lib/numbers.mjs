/** Numbers nobody has written to yet: the sandbox has anybody who is asked for. */
export function createNumbers() {
  let next = 447_700_000_000;
  return {
    take(count) {
      const first = next;
      next += count;
      return Array.from({ length: count }, (_, nth) => String(first + nth));
    },
  };
}
