/** The Lua of a message's life. Every script gets the same keys, so that each can move the message. */
import { CLOCK_AND_TELL, MOVE_STATE } from './move-state.js';
import { PACE } from './pace.js';

/** KEYS: record, content, counters, outbox, then what a script names itself. ARGV: outcome channel, retention ms, outbox ms. */
const LOCALS = `
local record, content, counters, outbox = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local channel, retentionMs, outboxMs = ARGV[1], ARGV[2], ARGV[3]
`;
/** How many keys and arguments come before a script's own. */
export const SHARED_KEYS = 4;

export const PRELUDE = LOCALS + CLOCK_AND_TELL + MOVE_STATE;

/** Moves a message. ARGV[4]: target state; [5..]: field, value… Returns {changed 0 | 1, state now or false}. */
export const TRANSITION = `${PRELUDE}
local extra = {}
for i = 5, #ARGV, 2 do extra[ARGV[i]] = ARGV[i + 1] end
local changed = move(ARGV[4], extra)
return { changed, redis.call('HGET', record, 'st') }
`;

/**
 * Moves several messages of one device, in the order given. KEYS: counters, outbox, then record and content of each.
 * ARGV: retention ms, outbox ms, then outcome channel and target state of each. Returns for each what TRANSITION does,
 * with '' for a message that is not there.
 */
export const TRANSITION_MANY = `
local counters, outbox = KEYS[1], KEYS[2]
local retentionMs, outboxMs = ARGV[1], ARGV[2]
local record, content, channel
${CLOCK_AND_TELL}${MOVE_STATE}
local moved = {}
for place = 3, #KEYS, 2 do
  record, content, channel = KEYS[place], KEYS[place + 1], ARGV[place]
  local changed = move(ARGV[place + 1], {})
  table.insert(moved, { changed, redis.call('HGET', record, 'st') or '' })
end
return moved
`;

const CHECK_LEASE = `
local lease = redis.call('HGET', KEYS[5], 'epoch')
if lease ~= ARGV[4] then return { 'stale' } end
local state = redis.call('HGET', record, 'st')
if not state then return { 'gone' } end
if state ~= 'queued' and state ~= 'processing' then return { 'settled', state } end
`;

export const EXPIRE_IF_LATE = `
local expires = tonumber(redis.call('HGET', record, 'exp'))
if not redis.call('HGET', record, 'xAt') and now >= expires then
  move('expired', { code = 'EXPIRED', err = 'the device was not ready to send before the message expired' })
  return { 'settled', 'expired' }
end
`;

/**
 * A worker takes a message up. A stall is not an attempt: only dispatches are counted. KEYS[5]: lease. ARGV[4]: epoch.
 * Returns {'go', record fields, content, Redis' time in ms} or {'stale' | 'gone' | 'settled', state}.
 */
export const BEGIN = `${PRELUDE}${CHECK_LEASE}${EXPIRE_IF_LATE}
move('processing', {})
return { 'go', redis.call('HGETALL', record), redis.call('GET', content), now }
`;

/**
 * The point after which a message can be neither canceled nor expired, taken just before the socket write. What was
 * found out while preparing is written with it, and what is about to be sent, so that both outlive the worker. A message
 * that pacing or a restriction of the account holds back is left as it is; one that may have left already is not held.
 * KEYS[5]: lease; [6]: pace; [7]: minute; [8]: chats.
 * ARGV[4]: epoch; [5]: chat, empty for one that is never new; [6]: limits, JSON; [7]: random; [8]: retention of chats, ms;
 * [9]: the content together with what is sent, or empty; [10..]: field, value…
 * Returns {'go', 1 when it was dispatched before}, {'hold', ms, why, 'chat' | 'device'} or as BEGIN.
 */
export const DISPATCH = `${PRELUDE}${CHECK_LEASE}${EXPIRE_IF_LATE}
local again = redis.call('HEXISTS', record, 'xAt')
if again == 0 then
  local pace, minute, chats, chat, defaults = KEYS[6], KEYS[7], KEYS[8], ARGV[5], cjson.decode(ARGV[6])
  ${PACE}
  local at, why = chatHeld()
  if at then return { 'hold', at - now, why, 'chat' } end
  at, why = deviceHeld()
  if at then return { 'hold', at - now, why, 'device' } end
  spend(tonumber(ARGV[7]), tonumber(ARGV[8]))
  redis.call('HSET', record, 'xAt', now)
end
if ARGV[9] ~= '' then redis.call('SET', content, ARGV[9], 'KEEPTTL', 'XX') end
if #ARGV > 9 then redis.call('HSET', record, unpack(ARGV, 10)) end
redis.call('HINCRBY', record, 'att', 1)
return { 'go', again }
`;
export const DISPATCH_KEYS = SHARED_KEYS + 4;

/**
 * Cancels a message that has not been dispatched. Canceling again changes nothing.
 * Returns {'canceled', 1 when this call did it} or {'late' | 'gone'}.
 */
export const CANCEL = `${PRELUDE}
local state = redis.call('HGET', record, 'st')
if not state then return { 'gone' } end
if state == 'canceled' then return { 'canceled', 0 } end
if state ~= 'queued' and state ~= 'processing' or redis.call('HEXISTS', record, 'xAt') == 1 then return { 'late' } end
move('canceled', { code = 'CANCELED', err = 'the message was canceled before it was sent' })
return { 'canceled', 1 }
`;

/** Has the outcome published from now on. KEYS: record alone. Returns 0 when there is none. */
export const AWAIT = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'wait', 1)
return 1
`;

/** Records of one shard as JSON, each as field, value…: one reply and one parse for all. KEYS: records. */
export const READ_MANY = `#!lua flags=no-writes
local found = {}
for place, record in ipairs(KEYS) do found[place] = redis.call('HGETALL', record) end
return cjson.encode(found)
`;
