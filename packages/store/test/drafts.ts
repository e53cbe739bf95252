import type { AcceptResult, MessageDraft, Store } from '@pombo/store';

export function draftFor(store: Store, deviceId: string, changes: Partial<MessageDraft> = {}): MessageDraft {
  return {
    id: store.messages.createId(deviceId),
    content: { type: 'image', source: { url: 'https://example.com/a.png' }, caption: 'hello' },
    tenantId: 'ten_a',
    userId: 'usr_a',
    deviceId,
    to: '5511999990000@s.whatsapp.net',
    priority: 'normal',
    expiresInMs: 60_000,
    awaited: false,
    ...changes,
  };
}

export function acceptMessage(store: Store, draft: MessageDraft): Promise<AcceptResult> {
  return store.messages.accept(draft);
}
