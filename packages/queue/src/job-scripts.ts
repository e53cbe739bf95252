/**
 * The Lua that moves jobs. BullMQ scores a prioritized job `priority * 2^32 + counter`, the counter starting at 1, and
 * a delayed one `time * 4096 + counter`; a job is a hash, and its lock a string beside it.
 */

/** KEYS: see `job-keys.ts`. ARGV: prefix of job keys, prefix of record keys, then what a script names itself. */
const LOCALS = `
local lease, wait, active, prioritized, delayed, stalled, marker, counter =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local jobs, records = ARGV[1], ARGV[2]
local function leaseIs(epoch) return redis.call('HGET', lease, 'epoch') == epoch end
`;

/**
 * Puts jobs in front of everything of their priority, in sequence order. A fraction below 1 stands before every counter.
 * Jobs that stand there since an earlier time are placed anew with those that come back now, or a job taken up before
 * them could end up behind them.
 */
const PUT_BACK = `
local function putBack(ids)
  local fronts = {}
  for _, id in ipairs(ids) do
    local key = jobs .. id
    redis.call('DEL', key .. ':lock')
    redis.call('SREM', stalled, id)
    local priority = redis.call('HGET', key, 'priority')
    if priority then
      local base = tonumber(priority) * 4294967296
      if not fronts[base] then
        fronts[base] = redis.call('ZRANGEBYSCORE', prioritized, base, string.format('(%.0f', base + 1))
      end
      table.insert(fronts[base], id)
    end
  end
  for base, front in pairs(fronts) do
    local placed = {}
    for _, id in ipairs(front) do
      table.insert(placed, { id = id, sequence = tonumber(redis.call('HGET', records .. id, 'seq') or '0') })
    end
    table.sort(placed, function(a, b) return a.sequence < b.sequence end)
    for place, job in ipairs(placed) do redis.call('ZADD', prioritized, base + place / (#placed + 1), job.id) end
  end
  if #ids > 0 then redis.call('ZADD', marker, 0, '0') end
  return #ids
end
`;

/** A new owner takes back all jobs its predecessor had in hand. ARGV[3]: epoch. Returns how many, or -1 when stale. */
export const TAKE_BACK = `${LOCALS}${PUT_BACK}
if not leaseIs(ARGV[3]) then return -1 end
local ids = redis.call('LRANGE', active, 0, -1)
redis.call('DEL', active)
return putBack(ids)
`;

/** ARGV[3]: token of the hand; [4..]: jobs. Whoever holds a job's lock holds the job, whatever became of the lease. */
export const GIVE_BACK = `${LOCALS}${PUT_BACK}
local held = {}
for i = 4, #ARGV do
  local id = ARGV[i]
  if redis.call('GET', jobs .. id .. ':lock') == ARGV[3] then
    redis.call('LREM', active, -1, id)
    table.insert(held, id)
  end
end
return putBack(held)
`;

/**
 * Takes jobs in hand: those named, which BullMQ made active already, then as many as there is room for. What is due is
 * moved to where it waits first, as BullMQ does whenever it fetches. A job whose message is settled goes for good.
 * ARGV[3]: epoch; [4]: token of the hand; [5]: lock, ms; [6]: room; [7]: scores to take are below this; [8..]: jobs.
 * Returns {'stale'}, or {'ok', 1 when more wait, then for each: id, data, sequence, priority, to, ms until expiry}.
 */
export const TAKE = `${LOCALS}
if not leaseIs(ARGV[3]) then
  -- What woke the former owner was meant for the new one.
  redis.call('ZADD', marker, 0, '0')
  return { 'stale' }
end
local token, lockMs, room, below = ARGV[4], ARGV[5], tonumber(ARGV[6]), ARGV[7]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local due = redis.call('ZRANGEBYSCORE', delayed, 0, string.format('%.0f', (now + 1) * 4096 - 1), 'LIMIT', 0, 1000)
for _, id in ipairs(due) do
  redis.call('ZREM', delayed, id)
  local priority = tonumber(redis.call('HGET', jobs .. id, 'priority') or '0')
  redis.call('HSET', jobs .. id, 'delay', 0)
  redis.call('ZADD', prioritized, priority * 4294967296 + redis.call('INCR', counter), id)
end

local found = { 'ok', 0, -1 }
local nextDue = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
if nextDue then found[3] = math.max(1, math.floor(nextDue / 4096) - now) end
local function take(id, isActive)
  local data = redis.call('HGET', jobs .. id, 'data')
  local record = redis.call('HMGET', records .. id, 'st', 'seq', 'pr', 'to', 'exp')
  if data and (record[1] == 'queued' or record[1] == 'processing') then
    if not isActive then redis.call('LPUSH', active, id) end
    redis.call('SET', jobs .. id .. ':lock', token, 'PX', lockMs)
    local left = string.format('%.0f', record[5] - now)
    for _, part in ipairs({ id, data, record[2], record[3], record[4], left }) do
      table.insert(found, part)
    end
    return 1
  end
  if isActive then redis.call('LREM', active, -1, id) end
  redis.call('DEL', jobs .. id, jobs .. id .. ':lock')
  return 0
end

local held = {}
if #ARGV > 7 then
  for _, id in ipairs(redis.call('LRANGE', active, 0, -1)) do held[id] = true end
end
for i = 8, #ARGV do
  if held[ARGV[i]] then take(ARGV[i], true) end
end

local looked = 0
while room > 0 and looked < 1000 do
  local id = redis.call('RPOP', wait)
  if not id then break end
  looked = looked + 1
  room = room - take(id, false)
end
while room > 0 and looked < 1000 do
  local ids = redis.call('ZRANGEBYSCORE', prioritized, '-inf', below, 'LIMIT', 0, math.min(room, 500))
  if #ids == 0 then break end
  redis.call('ZREM', prioritized, unpack(ids))
  looked = looked + #ids
  for _, id in ipairs(ids) do room = room - take(id, false) end
end
if redis.call('ZCARD', prioritized) > 0 then
  found[2] = 1
else
  -- Nothing waits: the next wait for a marker shall not end at once.
  redis.call('ZREM', marker, '0')
end
return found
`;

/** Jobs whose outcome is recorded go. ARGV[3]: token of the hand; [4..]: jobs. */
export const FINISH = `${LOCALS}
for i = 4, #ARGV do
  local key = jobs .. ARGV[i]
  if redis.call('GET', key .. ':lock') == ARGV[3] then
    redis.call('LREM', active, -1, ARGV[i])
    redis.call('SREM', stalled, ARGV[i])
    redis.call('DEL', key, key .. ':lock')
  end
end
return 0
`;
