import type { BinaryNode } from '@pombo/whatsapp/protocol';

/** A device that never comes back must not fill the memory; the oldest go first. */
const MAX_WAITING = 10_000;

/** Tag, id, sender, participant and type together name a stanza; a message is known by its id alone. */
function nameOf(tag: string, attrs: BinaryNode['attrs'], from: string | undefined): string {
  if (tag === 'message') return `message|${attrs.id}`;
  return [tag, attrs.id, from, attrs.participant ?? '', attrs.type ?? ''].join('|');
}

/** What the server has for one device and the device has not confirmed yet; survives disconnections. */
export class ClientOutbox {
  readonly #waiting = new Map<string, BinaryNode>();

  get size(): number {
    return this.#waiting.size;
  }

  add(node: BinaryNode): void {
    this.#waiting.set(nameOf(node.tag, node.attrs, node.attrs.from), node);
    if (this.#waiting.size <= MAX_WAITING) return;
    for (const oldest of this.#waiting.keys()) {
      this.#waiting.delete(oldest);
      break;
    }
  }

  /** @param ack the client's `<ack>`: its class names the tag, its `to` the sender. */
  acknowledge(ack: BinaryNode): void {
    this.#waiting.delete(nameOf(ack.attrs.class ?? '', ack.attrs, ack.attrs.to));
  }

  /** A client confirms a message it could read with a receipt instead of an ack. */
  confirmMessage(id: string): void {
    this.#waiting.delete(`message|${id}`);
  }

  all(): BinaryNode[] {
    return [...this.#waiting.values()];
  }
}
