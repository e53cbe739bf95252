import type { MessageBuilder } from './message-builder.js';
import { buildNativeFlow, nativeFlowNode } from './native-flow.js';

export const buttonsMessage: MessageBuilder<'buttons'> = {
  build: ({ message, footer, buttons }, { contextInfo }) =>
    buildNativeFlow({
      title: undefined,
      body: message,
      footer,
      contextInfo,
      buttons: buttons.map(({ id, display_text }) => ({ name: 'quick_reply', params: { display_text, id } })),
    }),
  nodes: () => [nativeFlowNode()],
};
