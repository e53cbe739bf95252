/**
 * A script of someone else's that runs inside one of ours: a message's record is ours to write and its job is BullMQ's,
 * and either without the other would be a promise broken. So both are written in one step, in one slot.
 */

export type ScriptArgument = string | number | Buffer;

export interface FollowUp {
  /** Names the script: one name always means the same `lua`, and as many keys and arguments. */
  readonly name: string;
  readonly lua: string;
  readonly keys: readonly string[];
  readonly args: readonly ScriptArgument[];
}

/** Lua: `follow(keys, args)` runs the script with the KEYS and ARGV it was written for; without one it does nothing. */
export function defineFollow(followUp: FollowUp | undefined): string {
  if (!followUp) return 'local function follow() end';
  return `
local function followed(KEYS, ARGV)
${followUp.lua}
end
local function follow(keys, args)
  local result = followed(keys, args)
  if type(result) == 'number' and result < 0 then error('${followUp.name} refused: ' .. result) end
end
`;
}
