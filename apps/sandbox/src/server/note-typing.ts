import type { BinaryNode } from '@pombo/whatsapp/protocol';
import type { ClientDevice } from '../people/client-device.js';
import { parseDeviceJid } from '../people/device-address.js';
import type { TypingState } from '../people/inbox.js';
import type { World } from '../world.js';

/** Shows "typing…" to whoever the chat is with. */
export function noteTyping(world: World, author: ClientDevice, node: BinaryNode): void {
  const child = Array.isArray(node.content) ? node.content[0] : undefined;
  const state = stateOf(child);
  if (!state) return;
  const group = world.groups.find(node.attrs.to);
  const single = parseDeviceJid(node.attrs.to)?.number;
  const numbers = group ? group.participants.filter((number) => number !== author.number) : [single];
  for (const number of numbers) {
    if (number === undefined || !world.directory.exists(number)) continue;
    const typing = { from: author.jid(), state, at: Date.now(), ...(group ? { group: group.id } : {}) };
    world.directory.person(number).inbox.noteTyping(typing);
  }
}

function stateOf(child: BinaryNode | undefined): TypingState['state'] | undefined {
  if (child?.tag === 'paused') return 'paused';
  if (child?.tag !== 'composing') return undefined;
  return child.attrs.media === 'audio' ? 'recording' : 'composing';
}
