import { expect, test } from '@jest/globals';
import { BufferJSON } from '@whiskeysockets/baileys';
import type { CounterValues, PrePairedDevice, RecipientView } from '@pombo/sandbox';
import { createAuth } from './harness/client.js';
import { createScene, freshNumber } from './harness/scene.js';
import { sendText, waitForAck, waitForReceipt } from './harness/messages.js';

const scene = createScene();

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(scene.sandbox.controlUrl + path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return JSON.parse(await response.text(), path === '/paired-devices' ? BufferJSON.reviver : undefined) as T;
}

test('a device made over HTTP logs in, sends, and what arrived is seen over HTTP', async () => {
  const { sandbox } = scene;
  expect(await call('GET', '/health')).toEqual({ status: 'ok' });
  expect(await call('GET', '/endpoint')).toEqual(sandbox.endpoint());
  const [paired] = await call<PrePairedDevice[]>('POST', '/paired-devices', { count: 1 });
  const client = scene.connect(createAuth(paired?.creds));
  await client.waitForOpen();

  const number = freshNumber();
  await call('POST', '/faults', { nack: { number, code: '479', first: 1 } });
  const refused = await sendText(client, `${number}@s.whatsapp.net`, 'one');
  expect((await waitForAck(client, refused)).attrs.error).toBe('479');
  await call('DELETE', '/faults');
  expect(await call('GET', '/faults')).toEqual({});

  const id = await sendText(client, `${number}@s.whatsapp.net`, 'two');
  await waitForReceipt(client, id);
  const view = await call<RecipientView>('GET', `/recipients/${number}?messageId=${id}`);
  expect(view.messages).toMatchObject([{ id, displayedCount: 1 }]);
  await call('POST', `/recipients/${number}/reply`, { deviceJid: paired?.jid, text: 'Oi' });
  expect(await call<CounterValues>('GET', '/counters')).toMatchObject({ messages: { nacked: 1, acked: 1 } });
  await call('DELETE', '/counters');
  expect(await call<CounterValues>('GET', '/counters')).toMatchObject({ messages: { nacked: 0 } });
  expect(await call('GET', '/report')).toMatchObject({ decryptOneIn: 1, connectedDevices: 1 });
  expect(await call('POST', '/connections/cut', { deviceJid: paired?.jid })).toEqual({ cut: 1 });
});

test('mistakes of the caller are told', async () => {
  await expect(call('POST', '/pair-qr', { qr: 'nobody,shows,this,code' })).rejects.toThrow('400');
  await expect(call('POST', '/pair-qr', {})).rejects.toThrow('qr is missing');
  await expect(call('POST', '/devices/log-out', { deviceJid: '1234567890:9@s.whatsapp.net' })).rejects.toThrow('404');
  await expect(call('POST', '/faults', { dropAck: 'all' })).rejects.toThrow('unknown fault');
  await expect(call('POST', '/faults', { absent: '5511999998888' })).rejects.toThrow('absent must be list');
  await expect(call('GET', '/nowhere')).rejects.toThrow('404');
});
