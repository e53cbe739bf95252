import { getBinaryNodeChildren } from '@pombo/whatsapp/protocol';
import { stanza } from '../../wire/stanza.js';
import type { IqContext, IqTable } from './iq-handler.js';

const SETTINGS = ['readreceipts', 'last', 'online', 'profile', 'status', 'groupadd', 'calladd', 'messages'];

function privacySettings() {
  const categories = SETTINGS.map((name) => stanza('category', { name, value: 'all' }));
  return [stanza('privacy', {}, categories)];
}

/** Changed settings, or tokens given to contacts: those are counted. */
function setPrivacy({ world, child }: IqContext) {
  if (child?.tag !== 'tokens') return [];
  const { privacyTokens } = world.counters.values;
  privacyTokens.queries += 1;
  privacyTokens.tokens += getBinaryNodeChildren(child, 'token').length;
  return [];
}

export const privacyIqs: IqTable = { 'get privacy': privacySettings, 'set privacy': setPrivacy };
