import { getBinaryNodeChild, S_WHATSAPP_NET, type BinaryNode } from '@pombo/whatsapp/protocol';

export type StanzaAttributes = Readonly<Record<string, string | undefined>>;

/** Builds a node; attributes that are undefined are left out. */
export function stanza(tag: string, attributes: StanzaAttributes = {}, content?: BinaryNode['content']): BinaryNode {
  const attrs: BinaryNode['attrs'] = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) attrs[name] = value;
  }
  return content === undefined ? { tag, attrs } : { tag, attrs, content };
}

export function iqResult(iq: BinaryNode, content?: BinaryNode[]): BinaryNode {
  return stanza('iq', { id: iq.attrs.id, type: 'result', from: iq.attrs.to ?? S_WHATSAPP_NET }, content);
}

export function iqError(iq: BinaryNode, code: number, text: string): BinaryNode {
  const error = stanza('error', { code: code.toString(), text });
  return stanza('iq', { id: iq.attrs.id, type: 'error', from: iq.attrs.to ?? S_WHATSAPP_NET }, [error]);
}

/** Nodes Baileys decodes hold slices of the frame; libsignal insists on Buffers. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** @returns the node's own bytes, or undefined when it holds children or nothing. */
export function bytesOf(node: BinaryNode | undefined): Buffer | undefined {
  if (node?.content === undefined || Array.isArray(node.content)) return undefined;
  return typeof node.content === 'string' ? Buffer.from(node.content) : asBuffer(node.content);
}

/** @throws when the child or its bytes are missing. */
export function requireBytes(node: BinaryNode | undefined, childTag: string): Buffer {
  const bytes = bytesOf(getBinaryNodeChild(node, childTag));
  if (!bytes) throw new Error(`stanza lacks <${childTag}>`);
  return bytes;
}

/** Big-endian number held in a node's bytes. */
export function bigEndianToNumber(bytes: Uint8Array): number {
  return bytes.reduce((number, byte) => number * 256 + byte, 0);
}
