/** How fast a device may send and how far it has got, and what WhatsApp keeps it from, as the API shows it. */
import type { PacingState, Restriction } from '@pombo/store';
import { rfc3339 } from '../http/rfc3339.js';

export function buildPacing({ limits, own, dayLimit, nextAt, ...sent }: PacingState) {
  return {
    ...limits,
    own,
    day_limit: dayLimit ?? null,
    next_at: nextAt === undefined ? null : rfc3339(nextAt),
    sent_last_minute: sent.sentLastMinute,
    sent_last_day: sent.sentLastDay,
    new_chats_last_day: sent.newChatsLastDay,
  };
}

export function buildRestriction(restriction: Restriction | undefined) {
  return restriction ? { until: rfc3339(restriction.until), type: restriction.type } : null;
}
