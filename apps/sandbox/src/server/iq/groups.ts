import { userJid } from '../../people/device-address.js';
import type { Group } from '../../people/group-directory.js';
import { unixSeconds } from '../../unix-seconds.js';
import { stanza } from '../../wire/stanza.js';
import { IqRefusal } from './iq-refusal.js';
import type { IqContext, IqTable } from './iq-handler.js';

function answerGroupQuery({ world, session, iq, child }: IqContext) {
  const { number } = session.device;
  if (child?.tag === 'participating') {
    return [stanza('groups', {}, world.groups.groupsOf(number).map(groupNode))];
  }
  if (child?.tag !== 'query') throw new IqRefusal(501, 'feature-not-implemented');
  const group = world.groups.find(iq.attrs.to);
  if (!group) throw new IqRefusal(404, 'item-not-found');
  if (!group.participants.includes(number)) throw new IqRefusal(403, 'forbidden');
  return [groupNode(group)];
}

function groupNode(group: Group) {
  const { subject, owner, addressingMode } = group;
  const created = unixSeconds(group.createdAt);
  const creator = userJid(owner, addressingMode);
  const attributes = { id: group.id.split('@')[0], subject, creator, creation: created, s_t: created, s_o: creator };
  const participants = group.participants.map((number) => participantNode(group, number));
  return stanza(
    'group',
    { ...attributes, addressing_mode: addressingMode, size: participants.length.toString() },
    participants,
  );
}

function participantNode({ owner, addressingMode }: Group, number: string) {
  const other = addressingMode === 'lid' ? { phone_number: userJid(number, 'pn') } : { lid: userJid(number, 'lid') };
  const type = number === owner ? 'superadmin' : undefined;
  return stanza('participant', { jid: userJid(number, addressingMode), ...other, type });
}

export const groupIqs: IqTable = { 'get w:g2': answerGroupQuery };
