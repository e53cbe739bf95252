import { userJid, type AddressForm } from '../people/device-address.js';
import type { Group } from '../people/group-directory.js';
import { stanza } from '../wire/stanza.js';
import { announceDevices, announceIdentity, announceInGroup } from '../phones/notify-correspondents.js';
import type { World } from '../world.js';
import { numberOf } from './recipient-controls.js';

export interface DeviceChange {
  /** How many companions to link. */
  readonly add?: number;
  /** Ids of companions to unlink. */
  readonly remove?: readonly number[];
  /** Whether senders are told. Default true. */
  readonly announce?: boolean;
}

export interface NewGroup {
  readonly subject: string;
  /** Number or device jid of who makes it; always a participant. */
  readonly owner: string;
  readonly participants: readonly string[];
  /** How members are named inside. Default `lid`, as in new groups. */
  readonly addressingMode?: AddressForm;
}

export interface GroupChange {
  /** Numbers or jids of new members. */
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
  readonly subject?: string;
}

export interface PeopleControls {
  /** The recipient installed WhatsApp again: new keys, no sessions. Senders are told unless `announce` is false. */
  changeIdentity(who: string, options?: { readonly announce?: boolean }): void;
  /** @returns ids of all devices afterwards. */
  changeDevices(who: string, change: DeviceChange): number[];
  createGroup(group: NewGroup): Group;
  /** Members are told. @throws when there is no such group. */
  changeGroup(id: string, change: GroupChange): Group;
}

export function peopleControls(world: () => World): PeopleControls {
  return {
    changeIdentity: (who, { announce = true } = {}) => changeIdentity(world(), who, announce),
    changeDevices: (who, change) => changeDevices(world(), who, change),
    createGroup: (group) => createGroup(world(), group),
    changeGroup: (id, change) => changeGroup(world(), id, change),
  };
}

function changeIdentity(world: World, who: string, announce: boolean): void {
  const user = world.directory.person(numberOf(who));
  world.directory.reinstallPhone(user);
  if (announce) announceIdentity(user);
  world.changed();
}

function changeDevices(world: World, who: string, { add = 0, remove = [], announce = true }: DeviceChange): number[] {
  const user = world.directory.person(numberOf(who));
  const added = Array.from({ length: add }, () => world.directory.addCompanion(user).id);
  const removed = remove.filter((id) => user.remove(id));
  if (announce && added.length > 0) announceDevices(user, 'add', added);
  if (announce && removed.length > 0) announceDevices(user, 'remove', removed);
  world.changed();
  return user.devices.map(({ id }) => id);
}

function createGroup(world: World, { subject, owner, participants, addressingMode = 'lid' }: NewGroup): Group {
  const ownerNumber = numberOf(owner);
  const numbers = new Set([ownerNumber, ...participants.map(numberOf)]);
  for (const number of numbers) world.directory.person(number);
  world.changed();
  return world.groups.create({ subject, owner: ownerNumber, participants: [...numbers], addressingMode });
}

function changeGroup(world: World, id: string, { add = [], remove = [], subject }: GroupChange): Group {
  const before = world.groups.find(id)?.participants ?? [];
  const [added, removed] = [add.map(numberOf), remove.map(numberOf)];
  for (const number of added) world.directory.person(number);
  const participants = [...new Set([...before, ...added])].filter((number) => !removed.includes(number));
  const group = world.groups.change(id, { participants, ...(subject === undefined ? {} : { subject }) });
  const audience = [...new Set([...before, ...added])];
  const jids = (numbers: readonly string[]) =>
    numbers.map((number) => stanza('participant', { jid: userJid(number, group.addressingMode) }));
  if (added.length > 0) announceInGroup(world, group, audience, stanza('add', {}, jids(added)));
  if (removed.length > 0) announceInGroup(world, group, audience, stanza('remove', {}, jids(removed)));
  if (subject !== undefined) announceInGroup(world, group, audience, stanza('subject', { subject }));
  world.changed();
  return group;
}
