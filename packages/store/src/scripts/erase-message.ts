/** The Lua that removes a message for good, wherever it stands. */
import { PRELUDE } from './message-scripts.js';

/**
 * Removes a message: one that can still be canceled is canceled first, so that its event is told and it is no longer
 * counted; one whose outcome is not known yet is no longer counted either. KEYS[5]: the device's list.
 * ARGV[4]: its place in that list. Returns 2 when it was canceled, 1 when it was removed, 0 when it was gone.
 */
export const ERASE_MESSAGE = `${PRELUDE}
local state = redis.call('HGET', record, 'st')
local done = state and 1 or 0
if (state == 'queued' or state == 'processing') and redis.call('HEXISTS', record, 'xAt') == 0 then
  move('canceled', { code = 'CANCELED', err = 'the message was erased before it was sent' })
  done = 2
elseif state and redis.call('HDEL', record, 'w') == 1 then
  redis.call('HINCRBY', counters, 'waiting', -1)
end
redis.call('DEL', record, content)
redis.call('XDEL', KEYS[5], ARGV[4])
return done
`;
