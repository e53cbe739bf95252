import { getAllBinaryNodeChildren, type BinaryNode } from '@pombo/whatsapp/protocol';
import { bump } from '../../counters.js';
import { reasonOf } from '../../sandbox-logger.js';
import { iqError, iqResult } from '../../wire/stanza.js';
import type { World } from '../../world.js';
import type { StanzaSource } from '../stanza-source.js';
import { accountIqs } from './account.js';
import { encryptIqs } from './encrypt.js';
import { groupIqs } from './groups.js';
import { IqRefusal } from './iq-refusal.js';
import type { IqTable } from './iq-handler.js';
import { mediaIqs } from './media-conn.js';
import { mexIqs } from './mex.js';
import { privacyIqs } from './privacy.js';
import { usyncIqs } from './usync.js';

const HANDLERS: IqTable = {
  ...accountIqs,
  ...encryptIqs,
  ...groupIqs,
  ...mediaIqs,
  ...mexIqs,
  ...privacyIqs,
  ...usyncIqs,
};

/** Answers a client's query; one nobody knows gets an error, never silence. */
export function answerIq(world: World, session: StanzaSource, iq: BinaryNode): void {
  const { type, xmlns } = iq.attrs;
  if (type !== 'get' && type !== 'set') return;
  const [child] = getAllBinaryNodeChildren(iq);
  const { values } = world.counters;
  bump(values.iqs, [type, xmlns, child?.tag].filter((part) => part !== undefined).join(' '));
  const handler = HANDLERS[`${type} ${xmlns}`];
  try {
    if (!handler) throw new IqRefusal(501, 'feature-not-implemented');
    session.send(iqResult(iq, handler({ world, session, iq, child })));
  } catch (error) {
    const refusal = error instanceof IqRefusal ? error : new IqRefusal(400, 'bad-request');
    if (refusal !== error) world.logger.warn('query could not be answered', { xmlns, reason: reasonOf(error) });
    if (refusal.code === 501) values.unknownIqs += 1;
    session.send(iqError(iq, refusal.code, refusal.message));
  }
}
