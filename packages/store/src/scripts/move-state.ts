import { NUDGE } from './outbox-scripts.js';

/**
 * Lua: the time, which is Redis' own, so that machines with different clocks agree about expiry; `append`, which
 * appends a message's event; and `tell`, which nudges the relays besides. An event is some 50 bytes: its place is its time, its message and device are named by what
 * the shard does not tell, and events of one kind share the names of their fields.
 *
 * Expects the locals `record`, `counters`, `outbox` and `outboxMs`.
 */

export const CLOCK_AND_TELL = `${NUDGE}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function append(state, code)
  local event = { 's', state, 'm', string.sub(record, -15), 'd', string.sub(counters, -19, -3), 'c', code or '' }
  local oldest = now - outboxMs
  local at = string.format('%.0f-*', now)
  if type(redis.pcall('XADD', outbox, 'MINID', '~', oldest, at, unpack(event))) == 'table' then
    -- The clock went back; then it stands behind the event before it, and has that one's time.
    redis.call('XADD', outbox, 'MINID', '~', oldest, '*', unpack(event))
  end
end

local function tell(state, code)
  append(state, code)
  nudge(outbox)
end
`;

/**
 * Lua shared by the scripts that move a message. States only move forward; `failed` with SEND_TIMEOUT is the one end
 * that a late ack or receipt still beats. A receipt that overtook the ack fills in what it implies (`sent`,
 * `delivered`), so that a subscriber sees every event in order.
 *
 * Expects what `CLOCK_AND_TELL` defines and expects, and the locals `content`, `counters`, `channel`, `retentionMs`.
 * `move(target, extra)` writes the fields of `extra` with the state and returns 1 when the state changed.
 */
export const MOVE_STATE = `
local PATH = { 'processing', 'sent', 'delivered', 'read', 'played' }
local RANK = { queued = 0, processing = 1, sent = 2, delivered = 3, read = 4, played = 5 }
local STAMP = { processing = 'pAt', sent = 'sAt', delivered = 'dAt', read = 'rAt', played = 'plAt',
  failed = 'fAt', canceled = 'cAt', expired = 'eAt' }
local IMPLIED = { sent = true, delivered = true }

local function settle(target)
  if redis.call('HDEL', record, 'w') == 1 then redis.call('HINCRBY', counters, 'waiting', -1) end
  redis.call('PEXPIRE', record, retentionMs)
  redis.call('PEXPIRE', content, retentionMs)
  if redis.call('HEXISTS', record, 'wait') == 1 then redis.call('PUBLISH', channel, cjson.encode(redis.call('HGETALL', record))) end
end

local function write(target, extra)
  redis.call('HSET', record, 'st', target)
  for field, value in pairs(extra) do redis.call('HSET', record, field, value) end
end

local function advance(target, from)
  for rank = from + 1, RANK[target] do
    local passed = PATH[rank]
    if passed == target or IMPLIED[passed] then
      redis.call('HSETNX', record, STAMP[passed], now)
      if rank >= RANK.sent then tell(passed) end
    end
  end
end

local function move(target, extra)
  local state = redis.call('HGET', record, 'st')
  if not state or state == target then return 0 end
  local from, to = RANK[state], RANK[target]
  if not from then
    local late = state == 'failed' and redis.call('HGET', record, 'code') == 'SEND_TIMEOUT'
    if not (late and to and to >= RANK.sent) then return 0 end
    redis.call('HDEL', record, 'code', 'err', 'fAt')
    from = RANK.processing
  end
  if not to then
    if from >= RANK.sent then return 0 end
    redis.call('HSET', record, STAMP[target], now)
    tell(target, extra.code)
  elseif to <= from then
    -- The state stays, but what the record says besides is told: some phones say that it was read after it was played.
    if redis.call('HSETNX', record, STAMP[target], now) == 1 and to >= RANK.sent then tell(target) end
    for field, value in pairs(extra) do redis.call('HSETNX', record, field, value) end
    return 0
  else
    advance(target, from)
  end
  write(target, extra)
  if to ~= RANK.processing then settle(target) end
  return 1
end
`;
