/** The Lua of media of received messages that is still to be fetched. KEYS: message, pending. ARGV: its name, message. */

/** Begins anew. Returns how often that was done so far, or 0 when there is nothing to be fetched any more. */
export const BEGIN_MEDIA = `
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then return 0 end
if not redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL', 'XX') then
  redis.call('HDEL', KEYS[2], ARGV[1])
  return 0
end
return redis.call('HINCRBY', KEYS[2], ARGV[1], 1)
`;

/** Says what became of it, once: of two workers that fetched it, the first counts. */
export const SETTLE_MEDIA = `
if redis.call('HDEL', KEYS[2], ARGV[1]) == 1 then redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL', 'XX') end
`;
