/**
 * Lua that decides whether a message may leave now, and remembers that one left. One hash per device (`pace`) holds its
 * own limits (`o.…`), when the next may leave (`next`), messages and new chats by hour (`h…`, `n…`), when it was paired,
 * and until when WhatsApp restricts the account; a list holds the times of the last minute, a sorted set whom the
 * account has written to or heard from. Hours, not days: 24 buckets slide, so there is no midnight at which a day's
 * worth is let loose.
 *
 * Expects the locals `now`, `pace`, `minute`, `chats` (keys), `chat` (empty for a group: those are never new), and
 * `defaults` (limits by name).
 */
export const PACE = `
local HOUR, DAY = 3600000, 86400000
local paced = {}
do
  local flat = redis.call('HGETALL', pace)
  for i = 1, #flat, 2 do paced[flat[i]] = flat[i + 1] end
end
local function limit(name) return tonumber(paced['o.' .. name] or defaults[name]) or 0 end
local isNew = chat ~= '' and not redis.call('ZSCORE', chats, chat)

-- When the buckets of a kind hold fewer than 'most' again; false when they do now.
local function freeAt(kind, most)
  local hour = math.floor(now / HOUR)
  local sum, buckets = 0, {}
  for h = hour - 23, hour do
    local sent = tonumber(paced[kind .. string.format('%.0f', h)] or '0')
    sum = sum + sent
    table.insert(buckets, { h, sent })
  end
  if sum < most then return false end
  for _, bucket in ipairs(buckets) do
    sum = sum - bucket[2]
    if sum < most then return (bucket[1] + 24) * HOUR end
  end
  return (hour + 24) * HOUR
end

local function dayLimit()
  local day = limit('per_day')
  local days = math.floor((now - tonumber(paced.paired or now)) / DAY) + 1
  local place = 0
  for allowed in string.gmatch(paced['o.warm_up'] or defaults.warm_up or '', '%d+') do
    place = place + 1
    if place == days then return day > 0 and math.min(day, tonumber(allowed)) or tonumber(allowed) end
  end
  return day
end

-- Time from which it may leave, and why not before; nothing when it may leave now.
local function chatHeld()
  if not isNew then return end
  local restricted = tonumber(paced.restricted or '0')
  if restricted > now then return restricted, 'restricted' end
  local most = limit('new_chats_per_day')
  local free = most > 0 and freeAt('n', most)
  if free then return free, 'new_chats_per_day' end
end

local function deviceHeld()
  local at, why = tonumber(paced.next or '0'), 'min_interval_ms'
  if limit('min_interval_ms') == 0 then at = 0 end
  local perMinute = limit('per_minute')
  local oldest = perMinute > 0 and tonumber(redis.call('LINDEX', minute, perMinute - 1) or '0') + 60000 or 0
  if oldest > at then at, why = oldest, 'per_minute' end
  local perDay = dayLimit()
  local free = perDay > 0 and freeAt('h', perDay) or 0
  if free > at then at, why = free, 'per_day' end
  if at > now then return at, why end
end

local function bump(kind)
  local hour = math.floor(now / HOUR)
  if redis.call('HINCRBY', pace, kind .. string.format('%.0f', hour), 1) > 1 then return end
  for field in pairs(paced) do
    local of, h = string.match(field, '^([hn])(%d+)$')
    if of and tonumber(h) < hour - 24 then redis.call('HDEL', pace, field) end
  end
end

-- @param random from 0 to 1
local function spend(random, chatsMs)
  if not paced.paired then redis.call('HSET', pace, 'paired', now) end
  local interval = limit('min_interval_ms')
  if interval > 0 then
    local spread = interval * math.min(limit('jitter'), 1) * (2 * random - 1)
    redis.call('HSET', pace, 'next', string.format('%.0f', now + interval + spread))
  end
  local perMinute = limit('per_minute')
  if perMinute > 0 then
    redis.call('LPUSH', minute, now)
    redis.call('LTRIM', minute, 0, perMinute - 1)
    redis.call('PEXPIRE', minute, 60000)
  end
  bump('h')
  if isNew then bump('n') end
  if chat == '' then return end
  redis.call('ZADD', chats, now, chat)
  redis.call('PEXPIRE', chats, chatsMs)
  if random < 0.02 then redis.call('ZREMRANGEBYSCORE', chats, '-inf', now - chatsMs) end
end
`;

/**
 * How long a message to a new chat would be held. KEYS: pace, minute, chats. ARGV: limits, JSON. Returns ms, 0 for not
 * at all.
 */
export const NEW_CHATS_HELD = `#!lua flags=no-writes
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local pace, minute, chats, chat, defaults = KEYS[1], KEYS[2], KEYS[3], 'nobody', cjson.decode(ARGV[1])
${PACE}
local at = chatHeld()
return at and at - now or 0
`;
