import type { BinaryNode } from '@pombo/whatsapp/protocol';

interface PendingReply {
  confirmed(): void;
  refused(errorCode: string): void;
  /** The device could not read it; write it again. */
  askedAgain(receipt: BinaryNode): void;
}

/** Messages written to client devices whose fate is not known yet. */
export class PendingReplies {
  readonly #pending = new Map<string, PendingReply>();

  wait(messageId: string, reply: PendingReply): void {
    this.#pending.set(messageId, reply);
  }

  /** @param receipt the client's receipt for a message. */
  onReceipt(receipt: BinaryNode): void {
    const id = receipt.attrs.id ?? '';
    if (receipt.attrs.type === 'retry') this.#pending.get(id)?.askedAgain(receipt);
    else this.#take(id)?.confirmed();
  }

  /** @param ack the client's ack of a message. */
  onAck(ack: BinaryNode): void {
    // A retry receipt is followed by an ack with an error; the next attempt decides.
    if (ack.attrs.error === undefined) this.#take(ack.attrs.id ?? '')?.confirmed();
  }

  /** Nobody waits for it any more; a device that asks for it again is given it all the same. */
  giveUp(messageId: string, errorCode: string): void {
    const reply = this.#pending.get(messageId);
    if (!reply) return;
    const ignore = (): void => undefined;
    this.#pending.set(messageId, { ...reply, confirmed: ignore, refused: ignore });
    reply.refused(errorCode);
  }

  #take(id: string): PendingReply | undefined {
    const reply = this.#pending.get(id);
    this.#pending.delete(id);
    return reply;
  }
}
