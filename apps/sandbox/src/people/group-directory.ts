import { randomInt } from 'node:crypto';
import type { AddressForm } from './device-address.js';

export interface Group {
  /** `…@g.us`. */
  readonly id: string;
  readonly subject: string;
  /** Number of the account that made it. */
  readonly owner: string;
  /** Numbers, the owner's among them. */
  readonly participants: readonly string[];
  /** How members are named inside the group. */
  readonly addressingMode: AddressForm;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

export class GroupDirectory {
  readonly #groups = new Map<string, Group>();

  create(group: Omit<Group, 'id' | 'createdAt'>): Group {
    const id = `1203630${randomInt(1e10, 1e11)}@g.us`;
    const created = { ...group, id, createdAt: Date.now() };
    this.#groups.set(id, created);
    return created;
  }

  /** @throws when there is no such group. */
  change(id: string, changes: Partial<Pick<Group, 'subject' | 'participants'>>): Group {
    const group = this.find(id);
    if (!group) throw new Error('no such group');
    const changed = { ...group, ...changes };
    this.#groups.set(id, changed);
    return changed;
  }

  find(id: string | undefined): Group | undefined {
    return id === undefined ? undefined : this.#groups.get(id);
  }

  groupsOf(number: string): Group[] {
    return this.all().filter((group) => group.participants.includes(number));
  }

  all(): Group[] {
    return [...this.#groups.values()];
  }

  restore(groups: readonly Group[]): void {
    for (const group of groups) this.#groups.set(group.id, group);
  }
}
