/**
 * Two scripts in one: a message's record is ours to write and its job is BullMQ's, and either without the other would be
 * a promise broken. So BullMQ's script runs inside ours, in the same slot, in one step and one round trip.
 */
import type { Redis } from '@pombo/runtime';

export type ScriptArgument = string | number | Buffer;

/** A script of someone else's, with what it is given. */
export interface FollowUp {
  /** Names the script: one name always means the same `lua`. */
  readonly name: string;
  readonly lua: string;
  readonly keys: readonly string[];
  readonly args: readonly ScriptArgument[];
}

export interface LeadingScript {
  readonly name: string;
  readonly numberOfKeys: number;
  /** Returns a table whose first entry is the verdict. */
  readonly lua: string;
}

type Command = (...args: ScriptArgument[]) => Promise<unknown>;

/**
 * Runs `leading`; then the follow-up, if the verdict is `accepted`, or `exists` and the third entry says that the message
 * has not left yet.
 * @returns what `leading` returned.
 */
export function runWithFollowUp(
  redis: Redis,
  leading: LeadingScript,
  keys: readonly string[],
  args: readonly ScriptArgument[],
  followUp: FollowUp | undefined,
): Promise<unknown> {
  const name = followUp ? `${leading.name}:${followUp.name}` : leading.name;
  const commands = redis as unknown as Record<string, Command | undefined>;
  if (!commands[name]) {
    const numberOfKeys = leading.numberOfKeys + (followUp?.keys.length ?? 0);
    redis.defineCommand(name, { numberOfKeys, lua: followUp ? joined(leading, followUp) : leading.lua });
  }
  const all = followUp
    ? [...keys, ...followUp.keys, followUp.args.length, ...followUp.args, ...args]
    : [...keys, ...args];
  return (commands[name] as Command).call(redis, ...all);
}

/** Each script sees the KEYS and ARGV it was written for. ARGV: how many are the follow-up's, those, then the leading's. */
function joined(leading: LeadingScript, followUp: FollowUp): string {
  return `
local function lead(KEYS, ARGV)
${leading.lua}
end
local function follow(KEYS, ARGV)
${followUp.lua}
end
local first = tonumber(ARGV[1]) + 2
local result = lead({ unpack(KEYS, 1, ${leading.numberOfKeys}) }, { unpack(ARGV, first) })
local state = result[3]
if result[1] == 'accepted' or result[1] == 'exists' and (state == 'queued' or state == 'processing') then
  local followed = follow({ unpack(KEYS, ${leading.numberOfKeys + 1}) }, { unpack(ARGV, 2, first - 1) })
  if type(followed) == 'number' and followed < 0 then error('${followUp.name} refused: ' .. followed) end
end
return result
`;
}
