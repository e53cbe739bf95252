/**
 * How many events this process delivers at once, and that no tenant gets more than half of it. Whoever has none waits in
 * line; whoever has some asks again only for what is free, so that a busy endpoint does not push the others aside.
 */

export interface InFlightGate {
  /** Waits for at least one place. @returns how many of the `most` wanted were given; 0 once the gate is closed. */
  enter(tenantId: string, most: number): Promise<number>;
  /** As many as are free just now, and not wanted by those in line. */
  tryEnter(tenantId: string, most: number): number;
  leave(tenantId: string, places: number): void;
  /** Lets nobody in any more. */
  close(): void;
  readonly taken: number;
  /** Places altogether. */
  readonly total: number;
  /** Whether a place would be given at once. */
  hasRoomFor(tenantId: string): boolean;
}

interface Waiting {
  readonly tenantId: string;
  readonly most: number;
  readonly give: (places: number) => void;
}

export function createInFlightGate(total: number): InFlightGate {
  const mostOfTenant = Math.max(1, Math.ceil(total / 2));
  const byTenant = new Map<string, number>();
  const line: Waiting[] = [];
  let taken = 0;
  let closed = false;

  const roomFor = (tenantId: string, most: number): number =>
    Math.max(0, Math.min(most, total - taken, mostOfTenant - (byTenant.get(tenantId) ?? 0)));

  const take = (tenantId: string, most: number): number => {
    const places = roomFor(tenantId, most);
    if (places > 0) byTenant.set(tenantId, (byTenant.get(tenantId) ?? 0) + places);
    taken += places;
    return places;
  };

  /** Whose tenant has its share waits on; those behind go first. */
  const admit = (): void => {
    for (let place = 0; place < line.length && taken < total;) {
      const next = line[place] as Waiting;
      const places = take(next.tenantId, next.most);
      if (places === 0) place += 1;
      else line.splice(place, 1)[0]?.give(places);
    }
  };

  return {
    enter(tenantId, most) {
      if (closed) return Promise.resolve(0);
      const places = line.length === 0 ? take(tenantId, most) : 0;
      if (places > 0) return Promise.resolve(places);
      return new Promise((give) => {
        line.push({ tenantId, most, give });
        admit();
      });
    },
    tryEnter: (tenantId, most) => (closed || line.length > 0 ? 0 : take(tenantId, most)),
    leave(tenantId, places) {
      const left = (byTenant.get(tenantId) ?? 0) - places;
      if (left > 0) byTenant.set(tenantId, left);
      else byTenant.delete(tenantId);
      taken -= places;
      admit();
    },
    close() {
      closed = true;
      for (const { give } of line.splice(0)) give(0);
    },
    get taken() {
      return taken;
    },
    total,
    hasRoomFor: (tenantId) => !closed && line.length === 0 && roomFor(tenantId, 1) > 0,
  };
}
