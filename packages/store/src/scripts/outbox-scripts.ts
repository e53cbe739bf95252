/** The Lua of the outbox: events go in with what they tell of, and come out in order, under a lease. */

/**
 * Lua: `nudge(outbox)` tells whoever relays that there is something in this outbox. A hint only: nobody may hear it, so
 * the relays look at every outbox from time to time.
 */
export const NUDGE = `
local function nudge(outbox)
  local prefix, shard = string.match(outbox, '^(.-):{(%x+)}')
  redis.call('PUBLISH', prefix .. ':outbox', shard)
end
`;

/**
 * Lua: `tellOfDevice(outbox, now, outboxMs, event, deviceId, tenant, code, data)` appends an event of a device; `data` is
 * JSON or ''.
 */
export const TELL_OF_DEVICE = `${NUDGE}
local function tellOfDevice(outbox, now, outboxMs, event, deviceId, tenant, code, data)
  redis.call('XADD', outbox, 'MINID', '~', now - outboxMs, '*', 'e', event, 'at', now, 'm', '', 'd', deviceId, 'c', code,
    'n', tenant or '', 'x', data)
  nudge(outbox)
end
`;

/**
 * Puts a code on show and tells of it. KEYS: code, device, outbox. ARGV: code, until (ms since the epoch), device id,
 * outbox ms, data as JSON.
 */
export const SHOW_QR = `${TELL_OF_DEVICE}
redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2])
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
tellOfDevice(KEYS[3], now, ARGV[4], 'qr.generated', ARGV[3], redis.call('HGET', KEYS[2], 'tenant'), '', ARGV[5])
`;

/**
 * Keeps a received message and announces it, unless it is known. KEYS: message, pointer, device, outbox, pending. ARGV:
 * message, retention ms, its name, device id, outbox ms, 1 when its media is to be fetched or ''. Returns 1 when it is new.
 */
export const RECEIVE = `${NUDGE}
if not redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') then return 0 end
redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[2], 'NX')
if ARGV[6] == '1' then
  redis.call('HSET', KEYS[5], ARGV[3], 1)
  redis.call('PEXPIRE', KEYS[5], ARGV[2])
end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('XADD', KEYS[4], 'MINID', '~', now - ARGV[5], '*', 'e', 'message.received', 'at', now, 'm', ARGV[3],
  'd', ARGV[4], 'c', '', 'n', redis.call('HGET', KEYS[3], 'tenant') or '')
nudge(KEYS[4])
return 1
`;

/**
 * Takes the next events of an outbox for whoever holds its lease, after noting how far the last ones got: those are with
 * their tenants now and leave the outbox. Without further events the lease ends.
 * KEYS: relay, outbox. ARGV: owner, lease ms, most entries, last entry done or ''. Returns the ms for which someone else
 * holds it, or the entries as JSON, '' when there are none.
 */
export const TAKE_EVENTS = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local held = redis.call('HMGET', KEYS[1], 'owner', 'until', 'cursor')
if held[1] and held[1] ~= ARGV[1] and tonumber(held[2]) > now then return held[2] - now end
local cursor = held[3]
if ARGV[4] ~= '' and held[1] == ARGV[1] then
  cursor = ARGV[4]
  redis.call('HSET', KEYS[1], 'cursor', cursor)
  redis.call('XTRIM', KEYS[2], 'MINID', '~', cursor)
end
local entries = redis.call('XRANGE', KEYS[2], cursor and '(' .. cursor or '-', '+', 'COUNT', ARGV[3]) or {}
if #entries == 0 then
  redis.call('HDEL', KEYS[1], 'owner', 'until')
  return ''
end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'until', now + ARGV[2])
return cjson.encode(entries)
`;

/** Whether an outbox holds what nobody has relayed. KEYS: relay, outbox. */
export const IS_BEHIND = `#!lua flags=no-writes
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
if not last then return 0 end
return redis.call('HGET', KEYS[1], 'cursor') == last[1] and 0 or 1
`;
