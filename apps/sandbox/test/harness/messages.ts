import type { MessageView, Sandbox } from '@pombo/sandbox';
import type { TestClient } from './client.js';
import { waitFor } from './wait-for.js';

/** Sends a text and returns its id. */
export async function sendText(client: TestClient, jid: string, text: string, messageId?: string): Promise<string> {
  const sent = await client.sock.sendMessage(jid, { text }, messageId === undefined ? {} : { messageId });
  return sent?.key.id ?? '';
}

/** Waits until the recipient's message is as wanted. */
export function waitForMessage(
  sandbox: Sandbox,
  who: string,
  id: string,
  isAsWanted: (message: MessageView) => boolean = ({ displayedCount }) => displayedCount === 1,
): Promise<MessageView> {
  return waitFor(`message ${id}`, async () => {
    const { messages } = await sandbox.recipient(who, { messageId: id });
    return messages.find(isAsWanted);
  });
}

export function waitForAck(client: TestClient, id: string) {
  return client.waitForStanza(
    'an ack',
    ({ tag, attrs }) => tag === 'ack' && attrs.class === 'message' && attrs.id === id,
  );
}

export function waitForReceipt(client: TestClient, id: string, from?: string) {
  return client.waitForStanza(
    'a receipt',
    ({ tag, attrs }) => tag === 'receipt' && attrs.id === id && (from === undefined || attrs.from === from),
  );
}
