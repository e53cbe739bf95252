import type { BinaryNode } from '@pombo/whatsapp/protocol';
import type { World } from '../../world.js';
import type { StanzaSource } from '../stanza-source.js';

export interface IqContext {
  readonly world: World;
  readonly session: StanzaSource;
  readonly iq: BinaryNode;
  /** First child, which says what is asked. */
  readonly child: BinaryNode | undefined;
}

/** @returns children of the result. */
export type IqHandler = (context: IqContext) => BinaryNode[];

/** By `type xmlns`. */
export type IqTable = Readonly<Record<string, IqHandler>>;
