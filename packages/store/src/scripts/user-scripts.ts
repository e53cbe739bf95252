/** The Lua of users and their tokens. Everything of a tenant is in one slot; a token's own key is in another. */

/** KEYS: tenant, its users, user. ARGV: user id, field, value… Returns 0 when there is no such tenant, or it is being erased. */
export const CREATE_USER = `
local tenant = redis.call('HMGET', KEYS[1], 'id', 'erasing')
if not tenant[1] or tenant[2] then return 0 end
redis.call('HSET', KEYS[3], 'id', ARGV[1], unpack(ARGV, 2))
redis.call('SADD', KEYS[2], ARGV[1])
return 1
`;

/** Writes to a hash that exists. ARGV: channel, change, field, value… Returns 0 when there is none. */
export const UPDATE_IF_THERE = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
redis.call('PUBLISH', ARGV[1], ARGV[2])
return 1
`;

/**
 * A token is about to be written for a user. What an earlier change left behind is named, to be removed.
 * KEYS: user. ARGV: hash of the token, for how long another change may be under way, ms.
 * Returns {'go', hashes left behind…}, {'busy'} or {'gone'}.
 */
export const PREPARE_TOKEN = `
if redis.call('EXISTS', KEYS[1]) == 0 then return { 'gone' } end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local left = redis.call('HMGET', KEYS[1], 'next', 'nextAt', 'old')
if left[1] and now - tonumber(left[2]) < tonumber(ARGV[2]) then return { 'busy' } end
redis.call('HSET', KEYS[1], 'next', ARGV[1], 'nextAt', now)
local answer = { 'go' }
if left[1] then answer[#answer + 1] = left[1] end
if left[3] then answer[#answer + 1] = left[3] end
return answer
`;

/**
 * From now on the token counts, and the one before no longer. KEYS: user. ARGV: hash of the token, now ms, channel, change.
 * Returns {1, hash before or false}; {0} when another change came between.
 */
export const SWITCH_TOKEN = `
local was = redis.call('HMGET', KEYS[1], 'next', 'token')
if was[1] ~= ARGV[1] then return { 0 } end
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'tokenAt', ARGV[2])
redis.call('HDEL', KEYS[1], 'next', 'nextAt')
if was[2] then redis.call('HSET', KEYS[1], 'old', was[2]) end
redis.call('PUBLISH', ARGV[3], ARGV[4])
return { 1, was[2] }
`;

/** The user can no longer call. KEYS: user. ARGV: channel, change. Returns the hashes of tokens that may have a key. */
export const RETIRE_USER = `
local hashes = redis.call('HMGET', KEYS[1], 'token', 'next', 'old')
if redis.call('EXISTS', KEYS[1]) == 0 then return { 0 } end
redis.call('HSET', KEYS[1], 'off', 1, 'gone', 1)
redis.call('PUBLISH', ARGV[1], ARGV[2])
local answer = { 1 }
for i = 1, 3 do if hashes[i] then answer[#answer + 1] = hashes[i] end end
return answer
`;

/** Adds a device to those a user may use. KEYS: user. ARGV: device, channel, change. Nothing for who may use all. */
export const ALLOW_DEVICE = `
local devices = redis.call('HGET', KEYS[1], 'devices')
if not devices or devices == '*' then return 0 end
redis.call('HSET', KEYS[1], 'devices', devices == '' and ARGV[1] or devices .. ',' .. ARGV[1])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
`;
