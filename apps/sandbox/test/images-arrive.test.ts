import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { Agent, request } from 'undici';
import { createScene, freshNumber } from './harness/scene.js';
import { sampleImage } from './harness/sample-image.js';
import { waitFor } from './harness/wait-for.js';

const scene = createScene({ readReceipts: true });

test('an image is read by the phone, the companion and the own phone, and receipts come back', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const number = freshNumber();
  const image = await sampleImage();
  const sent = await client.sock.sendMessage(`${number}@s.whatsapp.net`, { image, caption: 'Bom dia' });
  const id = sent?.key.id ?? '';

  const receiptFrom = (jid: string, type?: string) =>
    client.waitForStanza(`a receipt from ${jid}`, ({ tag, attrs }) => {
      return tag === 'receipt' && attrs.id === id && attrs.from === jid && attrs.type === type;
    });
  await client.waitForStanza(
    'the ack',
    ({ tag, attrs }) => tag === 'ack' && attrs.class === 'message' && attrs.id === id,
  );
  await receiptFrom(`${number}@s.whatsapp.net`);
  await receiptFrom(`${number}:1@s.whatsapp.net`);
  await receiptFrom(`${number}@s.whatsapp.net`, 'read');

  const { messages } = await sandbox.recipient(number, { withMediaBytes: true });
  expect(messages).toHaveLength(1);
  expect(messages[0]).toMatchObject({
    id,
    displayedCount: 1,
    arrivals: { 0: 1, 1: 1 },
    decrypted: { 0: 1, 1: 1 },
    encTypes: { 0: 'pkmsg', 1: 'pkmsg' },
    failures: [],
    fromMe: false,
    message: { imageMessage: { caption: 'Bom dia' } },
    media: {
      ok: true,
      sizeBytes: image.byteLength,
      sha256: createHash('sha256').update(image).digest('hex'),
      fileSha256Matches: true,
      fileEncSha256Matches: true,
      bytesBase64: image.toString('base64'),
    },
  });

  const me = client.auth.creds.me?.id ?? '';
  const own = await waitFor('the own phone', async () => {
    const view = await sandbox.recipient(me, { messageId: id });
    return view.messages.find(({ decrypted }) => decrypted[0] === 1);
  });
  expect(own).toMatchObject({ fromMe: true, chat: `${number}@s.whatsapp.net`, failures: [] });
  expect(sandbox.counters()).toMatchObject({
    decryptFailures: 0,
    messages: { received: 1, acked: 1, nacked: 0, undeliverable: 0 },
    uploads: { accepted: 1 },
    keyFetches: { byRecipient: { [number]: 2 } },
  });
});

test('several images to one chat keep their order and cost no further lookups', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const jid = `${freshNumber()}@s.whatsapp.net`;
  await client.sock.sendMessage(jid, { image: await sampleImage(1), caption: '0' });
  const { usync, keyFetches } = sandbox.counters();
  for (const caption of ['1', '2', '3']) await client.sock.sendMessage(jid, { image: await sampleImage(1), caption });
  const view = await waitFor('four messages', async () => {
    const recipient = await sandbox.recipient(jid);
    return recipient.messages.filter(({ displayedCount }) => displayedCount === 1).length === 4 && recipient;
  });
  const captions = view.messages.map(
    ({ message }) => (message as { imageMessage: { caption: string } }).imageMessage.caption,
  );
  expect(captions).toEqual(['0', '1', '2', '3']);
  expect(sandbox.counters()).toMatchObject({ usync, keyFetches });
});

test('media of every kind is fetched and checked with the keys of its kind', async () => {
  const { sandbox } = scene;
  const client = await scene.device();
  const number = freshNumber();
  const bytes = randomBytes(1_000);
  const contents = [
    { video: bytes },
    { audio: bytes, seconds: 1, ptt: true },
    { sticker: bytes },
    { document: bytes, mimetype: 'application/octet-stream' },
  ];
  for (const content of contents) await client.sock.sendMessage(`${number}@s.whatsapp.net`, content);
  const messages = await waitFor('all of them', async () => {
    const view = await sandbox.recipient(number);
    return (
      view.messages.filter(({ displayedCount }) => displayedCount === 1).length === contents.length && view.messages
    );
  });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  expect(messages.map(({ media }) => media)).toEqual(contents.map(() => expect.objectContaining({ ok: true, sha256 })));
});

test('an upload to a path that WhatsApp does not have is refused', async () => {
  const { sandbox } = scene;
  const agent = new Agent({ connect: { ca: sandbox.tlsCaPem } });
  const url = `https://${sandbox.mediaHost}/mms/sticker/AAAA`;
  const { statusCode } = await request(url, { method: 'POST', body: 'x', dispatcher: agent });
  expect(statusCode).toBe(404);
  await agent.destroy();
});
