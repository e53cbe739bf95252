/** The Lua of an account that WhatsApp does not let write to new chats. */
import { TELL_OF_DEVICE } from './outbox-scripts.js';

/**
 * WhatsApp refused a message to a chat: it is new to it, whatever we remember, and new chats are held until WhatsApp
 * has said more. KEYS: lease, pace, chats. ARGV: epoch, chat, until (ms).
 */
export const SUSPECT = `
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
if ARGV[2] ~= '' then redis.call('ZREM', KEYS[3], ARGV[2]) end
if tonumber(redis.call('HGET', KEYS[2], 'restricted') or '0') < tonumber(ARGV[3]) then
  redis.call('HSET', KEYS[2], 'restricted', ARGV[3])
end
return 1
`;

/**
 * WhatsApp's word. KEYS: lease, pace, outbox, device. ARGV: epoch, device, until (ms; 0: not restricted), type, outbox ms,
 * what the event says as JSON. The event is for the beginning of a restriction; a later end of the same is none. Returns whether it has begun.
 */
export const RESTRICT = `${TELL_OF_DEVICE}
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local until_ = tonumber(ARGV[3])
if until_ <= now then
  redis.call('HDEL', KEYS[2], 'restricted', 'confirmed', 'type')
  return 0
end
local before = tonumber(redis.call('HGET', KEYS[2], 'confirmed') or '0')
redis.call('HSET', KEYS[2], 'restricted', ARGV[3], 'confirmed', ARGV[3], 'type', ARGV[4])
if before > now then return 0 end
tellOfDevice(KEYS[3], now, ARGV[5], 'device.restricted', ARGV[2], redis.call('HGET', KEYS[4], 'tenant'),
  'ACCOUNT_RESTRICTED', ARGV[6])
return 1
`;

/** KEYS: chats. ARGV: retention ms, then chats. Returns how many of them are new to it. */
export const NOTE_CHATS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local added = 0
for i = 2, #ARGV do added = added + redis.call('ZADD', KEYS[1], now, ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return added
`;
