/**
 * The Lua of webhook deliveries. All keys of a tenant's endpoints are in the tenant's slot. An event is once in the
 * tenant's stream, as one text; endpoints refer to it by its entry there, in `due` until someone takes it, in `flying`
 * while someone has it in hand, in `dead` when it was given up. One process at a time serves an endpoint: it says until
 * when at every exchange, and what it had in hand is due again once it has fallen silent.
 */
import { FAILING_AFTER } from '../webhooks/webhook-endpoint.js';

const NOW = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
`;

/** An entry's name begins with the time it was made. */
const AGE_OF = `
local function ageOf(entry) return string.match(entry, '%d+') end
`;

/** A turn that should have begun this long ago is taken for lost. */
const LOST_TURN_MS = 3000;

/**
 * `planTurn(hash, due, flying)` finds out when something is to be done for an endpoint, and plans a turn for then
 * unless there is one: for one that is served, in case whoever serves it dies. Returns {name of the turn, ms from now}
 * or nil. Whoever is told adds the turn to the queue. A turn for later is named by its time: each one before it has it
 * planned again, and then it is in the queue already.
 */
const PLAN_TURN = `
local function planTurn(hash, due, flying)
  local state = redis.call('HMGET', hash, 'enabled', 'paused', 'turnAt', 'hold', 'servedUntil')
  if state[1] ~= '1' or state[2] then return nil end
  local servedUntil = tonumber(state[5] or '0')
  local at = tonumber(redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')[2])
  if redis.call('EXISTS', flying) == 1 then at = math.min(at or now, now) end
  if not at then return nil end
  at = math.max(at, now, tonumber(state[4] or '0'), servedUntil)
  local planned = tonumber(state[3])
  if planned and planned <= at and planned > now - ${LOST_TURN_MS} then return nil end
  redis.call('HSET', hash, 'turnAt', at)
  if at > now then return { string.format('at%.0f', at), math.ceil(at - now) } end
  return { string.format('%.0f', redis.call('HINCRBY', hash, 'turn', 1)), 0 }
end
`;

/**
 * Takes events over from an outbox, each once however often it is tried: the tenant remembers how far it got in each
 * shard's outbox. KEYS: relayed, events, then hash, due and flying of each endpoint. ARGV: shard, retention ms, most
 * waiting events of an endpoint, channel, tenant, then the endpoints' ids, then each event: outbox entry, the numbers of
 * the endpoints that want it as in '1,3', and its text, with a space between. Whoever serves an endpoint is told of what
 * it gets. Returns turns as {endpoint, name, delay}.
 */
export const ADMIT = `${NOW}${PLAN_TURN}
local shard, retentionMs, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local endpoints = (#KEYS - 2) / 3
local mark = redis.call('HGET', KEYS[1], shard) or '0-0'
local ms, sequence = string.match(mark, '(%d+)-(%d+)')
ms, sequence = tonumber(ms), tonumber(sequence)
local added = {}
local function entriesOf(number)
  if not added[number] then added[number] = {} end
  return added[number]
end
-- The last first: a short sorted set is searched from its beginning for the place of each.
local function addDue(due, entries)
  for last = #entries, 1, -100 do
    local scored = {}
    for at = last, math.max(last - 99, 1), -1 do
      -- By fractions of a millisecond, and due at once: what has the same score is in the order of letters, -10 before -9.
      scored[#scored + 1] = string.format('%.3f', now - 1 + math.min(at - 1, 999) / 1000)
      scored[#scored + 1] = entries[at]
    end
    redis.call('ZADD', due, unpack(scored))
  end
end
-- Few events differ in who wants them.
local wanting = {}
for at = 6 + endpoints, #ARGV do
  local entryMs, entrySequence, wantedBy, text = string.match(ARGV[at], '^(%d+)-(%d+) ([%d,]*) (.*)$')
  entryMs, entrySequence = tonumber(entryMs), tonumber(entrySequence)
  if entryMs > ms or (entryMs == ms and entrySequence > sequence) then
    ms, sequence = entryMs, entrySequence
    local id = redis.call('XADD', KEYS[2], '*', 'v', text)
    local lists = wanting[wantedBy]
    if not lists then
      lists = {}
      for number in string.gmatch(wantedBy, '%d+') do lists[#lists + 1] = entriesOf(number) end
      wanting[wantedBy] = lists
    end
    for _, entries in ipairs(lists) do entries[#entries + 1] = id end
  end
end
redis.call('XTRIM', KEYS[2], 'MINID', '~', now - retentionMs)
mark = string.format('%.0f-%.0f', ms, sequence)
redis.call('HSET', KEYS[1], shard, mark)
redis.call('PEXPIRE', KEYS[1], retentionMs)
redis.call('PEXPIRE', KEYS[2], retentionMs)
local turns = {}
for number = 1, endpoints do
  local hash, due, flying = KEYS[number * 3], KEYS[number * 3 + 1], KEYS[number * 3 + 2]
  local entries = added[tostring(number)]
  -- Whoever relays may not have heard yet that it was disabled.
  if redis.call('HGET', hash, 'enabled') == '1' then
    if entries then
      addDue(due, entries)
      local over = redis.call('ZCARD', due) - most
      if over > 0 then
        -- Tests stand before all else, and are not what is oldest.
        local tests = math.min(redis.call('ZCOUNT', due, 0, 0), most)
        redis.call('HINCRBY', hash, 'dropped', redis.call('ZREMRANGEBYRANK', due, tests, tests + over - 1))
      end
      if tonumber(redis.call('HGET', hash, 'servedUntil') or '0') > now then
        redis.call('PUBLISH', ARGV[4], ARGV[5] .. ' ' .. ARGV[5 + number] .. ' look')
      end
    end
    local turn = planTurn(hash, due, flying)
    if turn then table.insert(turns, { number, turn[1], turn[2] }) end
  end
end
return turns
`;

/**
 * Records how deliveries ended and hands out the next ones. KEYS: hash, due, flying, tries, retrying, dead, log, events.
 * ARGV: who serves the endpoint, for how long without a word (ms), most events wanted, most in hand, most log entries, ms
 * of failing before an endpoint is paused, how many events the caller has in hand besides those it tells of, number of the
 * exchange, number of
 * events that were delivered at the first attempt, then of each of
 * those its row of the log, which begins with the entry; then per other result: entry, verdict, attempts, delay ms, for how many ms all events
 * have to wait, status, error, row.
 * Verdicts: ok; retry; dead; gone (the endpoint wants no more); back (not attempted).
 * Returns {'gone'} or {revision, 1 when events that are in hand may be begun, then entry, tries or '', text of each event}.
 */
export const EXCHANGE = `${NOW}${AGE_OF}
local hash, due, flying, tries, retrying, dead, log, events = unpack(KEYS)
if redis.call('EXISTS', hash) == 0 then return { 'gone' } end
local owner, wanted, plain = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[9])
local exchange = owner .. ' ' .. ARGV[8]
local last = redis.call('HMGET', hash, 'servedBy', 'exchange')
local serving = last[1] == owner
-- Its reply was lost: it is on record already, and what it handed out then is handed out again.
local repeated = last[2] == exchange
local function note(row) redis.call('XADD', log, 'MAXLEN', '~', ARGV[5], '*', 'r', row) end
local function forgetFailures(entries)
  redis.call('HDEL', tries, unpack(entries))
  redis.call('ZREM', retrying, unpack(entries))
  redis.call('ZREM', dead, unpack(entries))
end
local succeeded, failed = repeated and 0 or plain, 0
local lastStatus, lastError

if repeated and serving then
  for entry in string.gmatch(redis.call('HGET', hash, 'handed') or '', '%S+') do
    -- Before what came in the same millisecond, so that it is the next again.
    if redis.call('SREM', flying, entry) == 1 then redis.call('ZADD', due, ageOf(entry) - 1, entry) end
  end
end
if plain > 0 and not repeated then
  local entries = {}
  for at = 10, 9 + plain do
    local row = ARGV[at]
    entries[#entries + 1] = string.match(row, '[%d-]+')
    note(row)
  end
  if not serving or redis.call('SREM', flying, unpack(entries)) < plain then
    -- Someone else serves the endpoint by now.
    redis.call('ZREM', due, unpack(entries))
    forgetFailures(entries)
  end
end

for at = repeated and #ARGV + 1 or 10 + plain, #ARGV, 8 do
  local entry, verdict, attempts, delay, hold, status, err, row = unpack(ARGV, at, at + 7)
  local mine = serving and redis.call('SREM', flying, entry) == 1
  if verdict == 'back' then
    if mine then redis.call('ZADD', due, ageOf(entry), entry) end
  else
    note(row)
    if verdict == 'ok' then
      succeeded = succeeded + 1
      if not mine then redis.call('ZREM', due, entry) end
      forgetFailures({ entry })
    else
      failed = failed + 1
      lastStatus, lastError = status, err
      if mine then
        local told = attempts .. ' ' .. status .. ' ' .. err
        if verdict == 'dead' then
          -- By its age, so that it is forgotten with its text.
          redis.call('HSET', tries, entry, string.format('%s %.0f', told, now))
          redis.call('ZADD', dead, ageOf(entry), entry)
          redis.call('ZREM', retrying, entry)
        else
          redis.call('HSET', tries, entry, told)
          redis.call('ZADD', due, now + delay, entry)
          redis.call('ZADD', retrying, ageOf(entry), entry)
        end
      end
      if verdict == 'gone' then redis.call('HSET', hash, 'enabled', '0', 'why', 'gone', 'since', now) end
      -- Several answers may ask for different pauses; all of them are kept.
      if hold ~= '0' and now + hold > tonumber(redis.call('HGET', hash, 'hold') or '0') then
        redis.call('HSET', hash, 'hold', now + hold)
      end
      local since = tonumber(redis.call('HGET', hash, 'failingSince') or now)
      if verdict == 'dead' and succeeded == 0 and now - since >= tonumber(ARGV[6]) then
        redis.call('HSETNX', hash, 'paused', now)
      end
    end
  end
end
if succeeded > 0 then
  redis.call('HSET', hash, 'lastOk', now, 'exchange', exchange)
  redis.call('HINCRBY', hash, 'delivered', succeeded)
  redis.call('HDEL', hash, 'fails', 'failingSince', 'paused')
elseif failed > 0 then
  redis.call('HINCRBY', hash, 'fails', failed)
  redis.call('HSETNX', hash, 'failingSince', now)
end
if failed > 0 then
  redis.call('HSET', hash, 'lastFail', now, 'lastStatus', lastStatus, 'lastError', lastError, 'exchange', exchange)
end

local state = redis.call('HMGET', hash, 'rev', 'enabled', 'paused', 'fails', 'turnAt', 'hold', 'servedBy', 'servedUntil')
if state[5] and tonumber(state[5]) <= now then redis.call('HDEL', hash, 'turnAt') end
local servedBy = state[7]
if servedBy and servedBy ~= owner and tonumber(state[8]) > now then return { state[1], 0 } end
-- Of a process that is gone; or handed to this one in a reply that was lost.
if servedBy ~= owner or ARGV[7] == '0' then
  for _, entry in ipairs(redis.call('SMEMBERS', flying)) do redis.call('ZADD', due, ageOf(entry), entry) end
  redis.call('DEL', flying)
end

local usable = state[2] == '1' and not state[3] and tonumber(state[6] or '0') <= now
local failing = tonumber(state[4] or '0') >= ${FAILING_AFTER}
local reply = { state[1], (usable and not failing) and 1 or 0 }
local claims = {}
if usable and wanted > 0 then
  local room = math.min(wanted, (failing and 1 or tonumber(ARGV[4])) - redis.call('SCARD', flying))
  local found = room > 0 and redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, room) or {}
  if #found > 0 then
    redis.call('ZREM', due, unpack(found))
    local tried = redis.call('HMGET', tries, unpack(found))
    -- Most stand one after the other in the stream.
    local texts = {}
    for _, stored in ipairs(redis.call('XRANGE', events, found[1], found[#found], 'COUNT', #found)) do
      texts[stored[1]] = stored[2][2]
    end
    for place, entry in ipairs(found) do
      local text = texts[entry]
      if not text then
        local stored = redis.call('XRANGE', events, entry, entry)[1]
        text = stored and stored[2][2]
      end
      if text then
        claims[#claims + 1] = entry
        reply[#reply + 1] = entry
        reply[#reply + 1] = tried[place] or ''
        reply[#reply + 1] = text
      else
        redis.call('HDEL', tries, entry)
        redis.call('ZREM', retrying, entry)
        redis.call('HINCRBY', hash, 'dropped', 1)
      end
    end
    if #claims > 0 then redis.call('SADD', flying, unpack(claims)) end
  end
end
if redis.call('EXISTS', flying) == 1 then
  local handed = table.concat(claims, ' ')
  redis.call('HSET', hash, 'servedBy', owner, 'servedUntil', now + ARGV[2], 'exchange', exchange, 'handed', handed)
elseif servedBy then
  redis.call('HDEL', hash, 'servedBy', 'servedUntil', 'handed')
end
return reply
`;

/** Plans an endpoint's next turn, if it needs one. KEYS: hash, due, flying. Returns {name, delay} or nil. */
export const PLAN = `${NOW}${PLAN_TURN}
return planTurn(KEYS[1], KEYS[2], KEYS[3])
`;

/**
 * Forgets what has been kept long enough. KEYS: hash, due, tries, retrying, dead, log, events. ARGV: log retention ms,
 * events retention ms, most events, most dead.
 */
export const TIDY = `${NOW}${AGE_OF}
local hash, due, tries, retrying, dead, log, events = unpack(KEYS)
local before = now - ARGV[2]
redis.call('XTRIM', log, 'MINID', '~', now - ARGV[1])
redis.call('XTRIM', events, 'MINID', '~', before)
redis.call('XTRIM', events, 'MAXLEN', '~', ARGV[3])
-- What came before the first event that is kept has no text any more.
local first = redis.call('XRANGE', events, '-', '+', 'COUNT', 1)[1]
before = first and math.max(before, tonumber(ageOf(first[1]))) or now
local function olderThan(key)
  return redis.call('ZRANGEBYSCORE', key, '-inf', string.format('(%.0f', before), 'LIMIT', 0, 1000)
end
local function forget(key, entries)
  for _, entry in ipairs(entries) do
    redis.call('ZREM', key, entry)
    redis.call('HDEL', tries, entry)
  end
  return #entries
end
forget(retrying, olderThan(retrying))
forget(dead, olderThan(dead))
local over = math.min(redis.call('ZCARD', dead) - ARGV[4], 1000)
if over > 0 then forget(dead, redis.call('ZRANGE', dead, 0, over - 1)) end
-- What is due early need not be old: a test stands before all else.
local old = {}
for _, entry in ipairs(olderThan(due)) do
  if tonumber(ageOf(entry)) < before then old[#old + 1] = entry end
end
local late = forget(due, old)
if late > 0 and redis.call('EXISTS', hash) == 1 then redis.call('HINCRBY', hash, 'dropped', late) end
`;

/**
 * Has events delivered again, from the beginning of the schedule; one that waits already goes on where it is in it, and
 * one that is in hand is left there. KEYS: hash, due, flying, tries, retrying, dead. ARGV: most waiting events, then
 * entries. Returns how many are due now that were not, and how many of the entries were seen to before there was no more
 * room.
 */
export const REQUEUE = `${NOW}
local hash, due, flying, tries, retrying, dead = unpack(KEYS)
if redis.call('EXISTS', hash) == 0 then return { 0, #ARGV - 1 } end
local queued, room = 0, ARGV[1] - redis.call('ZCARD', due)
for at = 2, #ARGV do
  local entry = ARGV[at]
  local dueAt = tonumber(redis.call('ZSCORE', due, entry))
  if not dueAt and redis.call('SISMEMBER', flying, entry) == 0 then
    if room <= 0 then return { queued, at - 2 } end
    room = room - 1
    dueAt = math.huge
    redis.call('HDEL', tries, entry)
    redis.call('ZREM', retrying, entry)
  end
  redis.call('ZREM', dead, entry)
  if dueAt and dueAt > now then
    redis.call('ZADD', due, now, entry)
    queued = queued + 1
  end
end
return { queued, #ARGV - 1 }
`;

/** Puts a test in front of all else and lets a paused endpoint try again. KEYS: hash, due, events. ARGV: retention ms, text. */
export const TEST = `
local state = redis.call('HMGET', KEYS[1], 'id', 'enabled')
if not state[1] then return 'gone' end
if state[2] ~= '1' then return 'disabled' end
local id = redis.call('XADD', KEYS[3], '*', 'v', ARGV[2])
redis.call('PEXPIRE', KEYS[3], ARGV[1])
redis.call('ZADD', KEYS[2], 0, id)
redis.call('HDEL', KEYS[1], 'paused', 'hold')
return 'ok'
`;

/**
 * Changes an endpoint's settings, unless it was removed meanwhile. KEYS: hash, ids of the tenant's endpoints. ARGV: '1' to create it, number of fields
 * to set, then field, value… and fields to remove. Returns 1 when it was done.
 */
export const SAVE = `${NOW}
local exists = redis.call('EXISTS', KEYS[1])
if exists == 0 and ARGV[1] ~= '1' then return 0 end
-- Turns are numbered on from the time: one of an endpoint that had this name before may still be in the queue.
if exists == 0 then redis.call('HSET', KEYS[1], 'created', now, 'turn', now) end
local last = 2 + ARGV[2] * 2
for at = 3, last, 2 do redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1]) end
for at = last + 1, #ARGV do redis.call('HDEL', KEYS[1], ARGV[at]) end
redis.call('HSET', KEYS[1], 'updated', now)
redis.call('SADD', KEYS[2], redis.call('HGET', KEYS[1], 'id'))
-- What kept an endpoint from being served may be over: whoever is told looks at once.
redis.call('HDEL', KEYS[1], 'turnAt')
redis.call('HINCRBY', KEYS[1], 'rev', 1)
return 1
`;
