/** A single-select list. List messages show only in 1:1 chats; a group gets the same menu as a native flow. */
import type { ContentOf } from '@pombo/contracts';
import { type BinaryNode, isJidGroup, proto } from '@whiskeysockets/baileys';
import { type BuildParts, type MessageBuilder, withContext } from './message-builder.js';
import { buildNativeFlow, nativeFlowNode } from './native-flow.js';

type List = ContentOf<'interactive'>;

export const interactiveMessage: MessageBuilder<'interactive'> = {
  build: (list, parts) => (isJidGroup(parts.chatJid) ? buildSelect(list, parts) : buildList(list, parts)),
  nodes: (_list, chatJid) => [isJidGroup(chatJid) ? nativeFlowNode() : listNode()],
};

function buildList(
  { title, body, footer, button_text: buttonText, sections }: List,
  { contextInfo }: BuildParts,
): proto.IMessage {
  return {
    listMessage: {
      ...(title ? { title } : {}),
      description: body,
      buttonText,
      ...(footer ? { footerText: footer } : {}),
      listType: proto.Message.ListMessage.ListType.SINGLE_SELECT,
      sections: sections.map((section) => ({
        title: section.title ?? '',
        rows: section.rows.map(({ id, title: rowTitle, description }) => ({
          rowId: id,
          title: rowTitle,
          ...(description ? { description } : {}),
        })),
      })),
      ...withContext(contextInfo),
    },
  };
}

function buildSelect(
  { title, body, footer, button_text: label, sections }: List,
  { contextInfo }: BuildParts,
): proto.IMessage {
  const params = {
    title: label,
    sections: sections.map((section) => ({
      title: section.title ?? '',
      rows: section.rows.map(({ id, title: rowTitle, description = '' }) => ({
        header: '',
        title: rowTitle,
        description,
        id,
      })),
    })),
  };
  return buildNativeFlow({ title, body, footer, contextInfo, buttons: [{ name: 'single_select', params }] });
}

/** The business node that makes the menu render natively. */
function listNode(): BinaryNode {
  return { tag: 'biz', attrs: {}, content: [{ tag: 'list', attrs: { type: 'product_list', v: '2' } }] };
}
