import { getBinaryNodeChildren } from '@pombo/whatsapp/protocol';
import { bump } from '../../counters.js';
import { parseDeviceJid } from '../../people/device-address.js';
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
  for (const { attrs } of getBinaryNodeChildren(child, 'token')) {
    privacyTokens.tokens += 1;
    bump(privacyTokens.byRecipient, parseDeviceJid(attrs.jid)?.number ?? '');
  }
  return [];
}

export const privacyIqs: IqTable = { 'get privacy': privacySettings, 'set privacy': setPrivacy };
