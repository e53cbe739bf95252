/** The Lua of messages that nobody looks after. Keys and arguments begin as in `message-scripts.ts`. */
import { EXPIRE_IF_LATE, PRELUDE } from './message-scripts.js';

const IF_OPEN = `
local state = redis.call('HGET', record, 'st')
if state ~= 'queued' and state ~= 'processing' then return 0 end
`;

/** Returns 1 when the message expired now. */
export const EXPIRE = `${PRELUDE}${IF_OPEN}
local function expire() ${EXPIRE_IF_LATE} end
return expire() and 1 or 0
`;

/** KEYS[5]: device. ARGV[4]: code; [5]: reason. */
export const FAIL_UNSENT = `${PRELUDE}${IF_OPEN}
if redis.call('HEXISTS', record, 'xAt') == 1 or redis.call('HGET', KEYS[5], 'paired') == '1' then return 0 end
return move('failed', { code = ARGV[4], err = ARGV[5] })
`;

/** KEYS[5]: lease. ARGV[4], [5]: owner and epoch as seen; [6]: grace since dispatch, ms. */
export const FAIL_UNKNOWN = `${PRELUDE}${IF_OPEN}
local times = redis.call('HMGET', record, 'xAt', 'exp')
if not times[1] or now < times[1] + ARGV[6] or now < tonumber(times[2]) then return 0 end
local held = redis.call('HMGET', KEYS[5], 'owner', 'epoch')
if (held[1] or '') ~= ARGV[4] or (held[2] or '0') ~= ARGV[5] then return 0 end
return move('failed', { code = 'SEND_TIMEOUT',
  err = 'WhatsApp did not acknowledge the message before the device was lost; it may or may not have arrived' })
`;

/** A walk over a device's messages ends. KEYS: counters. ARGV: the soonest expiry it found, or empty. */
export const END_SWEEP = `
redis.call('HDEL', KEYS[1], 'sweeping')
local known = redis.call('HGET', KEYS[1], 'soonest')
if ARGV[1] ~= '' and (not known or tonumber(ARGV[1]) < tonumber(known)) then
  redis.call('HSET', KEYS[1], 'soonest', ARGV[1])
end
return 1
`;

/** KEYS: auth. ARGV: name and stamp as seen, of each value. Returns how many were still the same, and went. */
export const FORGET_CONTACTS = `
local removed = 0
for i = 1, #ARGV, 2 do
  local value = redis.call('HGET', KEYS[1], ARGV[i])
  if value and string.sub(value, 1, #ARGV[i + 1]) == ARGV[i + 1] then
    removed = removed + redis.call('HDEL', KEYS[1], ARGV[i])
  end
end
return removed
`;
