/** The Lua that accepts messages: all that came for one device in a turn of the event loop, in one step. */
import { CLOCK_AND_TELL } from './move-state.js';

/** Keys before those of the jobs' script. */
export const ACCEPT_KEYS = 4;

/**
 * Accepts messages, one after the other: checks the device and its cap, gives the sequence number, writes record and
 * content, announces `message.queued`, enters it into the device's list, from which it takes what is older than any record
 * can be, and has its job follow. Idempotent by id: of a message that is there already only the job follows, while it is
 * `queued` or `processing`. What goes wrong with one message is told of that one; when all go wrong, it is an error.
 *
 * KEYS: counters, outbox, device, list; those of the jobs' script; then record and content of each message.
 * ARGV: retention ms, outbox ms, cap of waiting messages, the messages as JSON (each: when due, ms since the epoch, 0
 * for at once; life after that, ms; field, value…); then of each message its content and the arguments of its job.
 * Returns for each its sequence number, or {'exists', sequence, state}, {'full', waiting}, {'no-device' | 'not-paired' | 'banned'},
 * {'error', why}.
 *
 * @param follow Lua from `defineFollow`
 */
export const acceptScript = (follow: string): string => `
${follow}
local counters, outbox, device, list = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local retentionMs, outboxMs, cap, messages = ARGV[1], ARGV[2], tonumber(ARGV[3]), cjson.decode(ARGV[4])
local record
${CLOCK_AND_TELL}
local recordsAt = #KEYS - 2 * #messages
local jobKeys, parts = { unpack(KEYS, ${ACCEPT_KEYS + 1}, recordsAt) }, (#ARGV - 4) / #messages

local owner = redis.call('HMGET', device, 'id', 'paired', 'state')
local refusal = not owner[1] and 'no-device' or owner[2] ~= '1' and 'not-paired' or owner[3] == 'banned' and 'banned'
local figures = redis.call('HMGET', counters, 'seq', 'waiting', 'life', 'soonest')
local sequence, waiting, longest = tonumber(figures[1] or '0'), tonumber(figures[2] or '0'), tonumber(figures[3] or '0')
local soonest = figures[4] and tonumber(figures[4]) or math.huge
local taken = 0

local function enter(expires)
  longest, soonest = math.max(longest, expires - now), math.min(soonest, expires)
  local tail, oldest = string.sub(record, -15), math.max(0, now - longest - retentionMs)
  local place = string.format('%.0f-%.0f', now, sequence)
  if type(redis.pcall('XADD', list, 'MINID', '~', oldest, place, 'm', tail)) == 'table' then
    -- The clock went back; then it stands behind the message before it.
    redis.call('XADD', list, 'MINID', '~', oldest, '*', 'm', tail)
  end
end

local function write(message, content, sealed)
  sequence, waiting, taken = sequence + 1, waiting + 1, taken + 1
  local due = message[1]
  local expires = math.max(now, due) + message[2]
  redis.call('HSET', record, 'seq', sequence, 'st', 'queued', 'w', 1, 'qAt', now, 'exp', expires, unpack(message, 3))
  if due > 0 then redis.call('HSET', record, 'due', due) end
  redis.call('PEXPIREAT', record, expires + retentionMs)
  redis.call('SET', content, sealed, 'PXAT', expires + retentionMs)
  append('queued')
  enter(expires)
end

local function accept(place)
  local at = 5 + (place - 1) * parts
  local job = { unpack(ARGV, at + 1, at + parts - 1) }
  record = KEYS[recordsAt + 2 * place - 1]
  local known = redis.call('HMGET', record, 'seq', 'st')
  if known[1] then
    if known[2] == 'queued' or known[2] == 'processing' then follow(jobKeys, job) end
    return { 'exists', tonumber(known[1]), known[2] }
  end
  if refusal then return { refusal } end
  if waiting >= cap then return { 'full', waiting } end
  write(messages[place], KEYS[recordsAt + 2 * place], ARGV[at])
  follow(jobKeys, job)
  return sequence
end

local results, failed, why = {}, 0, ''
for place = 1, #messages do
  local fine, result = pcall(accept, place)
  if not fine then
    failed, why = failed + 1, type(result) == 'table' and result.err or tostring(result)
    result = { 'error', why }
  end
  results[place] = result
end
if taken > 0 then
  redis.call('HSET', counters, 'seq', sequence, 'waiting', waiting, 'life', longest)
  if soonest < math.huge then redis.call('HSET', counters, 'soonest', soonest) end
  nudge(outbox)
end
if failed == #messages then return redis.error_reply(why) end
return results
`;
