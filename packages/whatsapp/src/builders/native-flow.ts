/** Interactive messages whose elements the recipient's client draws itself. */
import type { BinaryNode, proto } from '@whiskeysockets/baileys';
import { withContext } from './message-builder.js';

export interface NativeFlow {
  readonly title: string | undefined;
  readonly body: string;
  readonly footer: string | undefined;
  /** Name of the element, and what it is made of. */
  readonly buttons: ReadonlyArray<{ readonly name: string; readonly params: object }>;
  readonly contextInfo: proto.IContextInfo | undefined;
}

export function buildNativeFlow({ title, body, footer, buttons, contextInfo }: NativeFlow): proto.IMessage {
  return {
    interactiveMessage: {
      ...(title ? { header: { title, hasMediaAttachment: false } } : {}),
      body: { text: body },
      ...(footer ? { footer: { text: footer } } : {}),
      nativeFlowMessage: {
        buttons: buttons.map(({ name, params }) => ({ name, buttonParamsJson: JSON.stringify(params) })),
        messageVersion: 1,
      },
      ...withContext(contextInfo),
    },
  };
}

/** Without this node clients do not draw native-flow elements. */
export function nativeFlowNode(): BinaryNode {
  const flow: BinaryNode = { tag: 'native_flow', attrs: { v: '9', name: 'mixed' } };
  return {
    tag: 'biz',
    attrs: {},
    content: [{ tag: 'interactive', attrs: { type: 'native_flow', v: '1' }, content: [flow] }],
  };
}
