import { QueryIds, XWAPaths } from '@pombo/whatsapp/protocol';
import { stanza } from '../../wire/stanza.js';
import type { World } from '../../world.js';
import { IqRefusal } from './iq-refusal.js';
import type { IqContext, IqTable } from './iq-handler.js';

/** GraphQL-like queries; only those about the account's restrictions are known. */
function answerMex({ world, child }: IqContext) {
  const data = answers(world)[child?.attrs.query_id ?? ''];
  if (!data) throw new IqRefusal(501, 'feature-not-implemented');
  return [stanza('result', {}, Buffer.from(JSON.stringify({ data })))];
}

function answers(world: World): Readonly<Record<string, object>> {
  const timelock = world.faults.current.reachoutTimelock ?? { active: false };
  return {
    [QueryIds.REACHOUT_TIMELOCK]: {
      [XWAPaths.xwa2_fetch_account_reachout_timelock]: {
        is_active: timelock.active,
        time_enforcement_ends: (timelock.endsAtSeconds ?? 0).toString(),
        enforcement_type: timelock.type ?? 'DEFAULT',
      },
    },
    [QueryIds.MESSAGE_CAPPING_INFO]: {
      [XWAPaths.xwa2_message_capping_info]: { total_quota: -1, used_quota: 0, capping_status: 'NONE' },
    },
  };
}

export const mexIqs: IqTable = { 'get w:mex': answerMex };
