import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MessageState } from '@pombo/contracts';
import { eventually } from '@pombo/testing';
import type { TransitionDetails } from '@pombo/store';
import { type Answer, type Harness, NUMBER, openHarness } from './ingress-harness.js';

let harness: Harness;

beforeAll(async () => {
  harness = await openHarness();
});
afterAll(async () => harness.close());

const recordsOf = async ({ enqueued }: Harness): Promise<string[]> =>
  (await enqueued()).filter((key) => key.includes(':m:')).map((key) => key.slice(-22));

/** Sends, and plays the worker as soon as the message is there. */
async function sendAndMove(
  headers: Record<string, string>,
  target: MessageState,
  details: TransitionDetails,
): Promise<Answer> {
  const before = new Set(await recordsOf(harness));
  const answer = harness.sendImage({ mentioned: [NUMBER] }, headers);
  const id = await eventually('the message is queued', async () =>
    (await recordsOf(harness)).find((known) => !before.has(known)),
  );
  await harness.store.messages.transition(id, harness.deviceId, 'processing');
  await harness.store.messages.transition(id, harness.deviceId, target, details);
  return answer;
}

const METADATA = {
  processing_time_ms: 842,
  image_size_bytes: 184_320,
  image_format: 'image/png',
  download_time_ms: 211,
  upload_time_ms: 430,
  mentions_processed: 1,
  quoted_message_found: false,
  view_once_enabled: false,
  delivered_format: 'image/png',
  width: 640,
  height: 480,
  upload_reused: false,
};

describe('Prefer: wait', () => {
  test('answers 200 with the whole body once WhatsApp acknowledged', async () => {
    const chatJid = '551199999999@s.whatsapp.net';
    const { status, headers, body } = await sendAndMove({ prefer: 'wait=20' }, 'sent', { chatJid, metadata: METADATA });
    expect(status).toBe(200);
    expect(headers.get('preference-applied')).toBe('wait=20');
    expect(headers.get('location')).toBe(`/messages/${String(body['message_id'])}`);
    expect(body).toEqual({
      success: true,
      message_id: expect.stringMatching(/^3EB0/),
      job_id: body['message_id'],
      timestamp: expect.stringMatching(/\.\d{3}Z$/),
      status: 'sent',
      chat_jid: chatJid,
      device_id: harness.deviceId,
      metadata: {
        device_id: harness.deviceId,
        user_id: expect.stringMatching(/^usr_/),
        ...METADATA,
        processing_time_ms: expect.any(Number),
        sent_at: body['timestamp'],
      },
    });
    const read = await harness.call('GET', `/messages/${String(body['message_id'])}`);
    expect(read.body).toMatchObject({ status: 'sent', chat_jid: chatJid, metadata: body['metadata'] as object });
  });

  test('answers the failure as an error with its own status', async () => {
    const error = { code: 'RECIPIENT_NOT_ON_WHATSAPP', message: 'the number is not on WhatsApp' };
    const { status, body } = await sendAndMove({ prefer: 'wait=20' }, 'failed', { error });
    expect(status).toBe(422);
    expect(body).toMatchObject({
      success: false,
      error: error.message,
      error_code: error.code,
      message_id: expect.stringMatching(/^3EB0/),
      request_id: expect.any(String),
    });
    const read = await harness.call('GET', `/messages/${String(body['message_id'])}`);
    expect(read.body).toMatchObject({ status: 'failed', error_code: error.code, failed_at: expect.any(String) });
  });

  test('answers 504 when WhatsApp never acknowledged, 503 when the upload failed', async () => {
    const timeout = { code: 'SEND_TIMEOUT', message: 'no acknowledgement' };
    const upload = { code: 'UPLOAD_FAILED', message: 'the upload failed' };
    expect((await sendAndMove({ prefer: 'wait=20' }, 'failed', { error: timeout })).status).toBe(504);
    expect((await sendAndMove({ prefer: 'wait=20' }, 'failed', { error: upload })).status).toBe(503);
  });

  test('answers 202 when time is up', async () => {
    const { status, body } = await harness.sendImage({}, { prefer: 'handling=lenient, wait="1"; x=y' });
    expect(status).toBe(202);
    expect(body).toMatchObject({ success: true, status: 'queued' });
  });

  test('sees an outcome although the subscription was interrupted', async () => {
    const before = new Set(await recordsOf(harness));
    const answer = harness.sendImage({}, { prefer: 'wait=20' });
    const id = await eventually('the message is queued', async () =>
      (await recordsOf(harness)).find((known) => !before.has(known)),
    );
    const clients = String(await harness.store.redis.client('LIST'));
    const [, clientId = ''] = /id=(\d+) [^\n]*name=pombo-ingress-subscriber/.exec(clients) ?? [];
    await harness.store.redis.client('KILL', 'ID', clientId);
    await harness.store.messages.transition(id, harness.deviceId, 'sent');
    expect((await answer).status).toBe(200);
  });

  test('lets go of a client that left', async () => {
    const leaving = new AbortController();
    const before = (await recordsOf(harness)).length;
    const body = { number: NUMBER, image_url: 'https://pictures.example/a.png' };
    const headers = { prefer: 'wait=60' };
    const answer = harness.call('POST', '/send/image', { body, headers, signal: leaving.signal });
    const left = expect(answer).rejects.toThrow();
    await eventually('the message is queued', async () => (await recordsOf(harness)).length > before);
    leaving.abort();
    await left;
    // Had the waiter stayed, stopping would take as long as it waits.
    expect((await harness.call('GET', '/health/live')).status).toBe(200);
  });

  test('is the default where DEFAULT_WAIT_SECONDS says so', async () => {
    const waiting = await openHarness({ settings: { DEFAULT_WAIT_SECONDS: '20' } });
    try {
      const answer = waiting.sendImage();
      const id = await eventually('queued', async () => (await recordsOf(waiting))[0]);
      await waiting.store.messages.transition(id, waiting.deviceId, 'sent');
      expect((await answer).status).toBe(200);
      expect((await waiting.sendImage({}, { prefer: 'wait=0' })).status).toBe(202);
      expect((await waiting.sendImage({}, { prefer: 'respond-async' })).status).toBe(202);
    } finally {
      await waiting.close();
    }
  });

  test('ends with 202 when the ingress stops', async () => {
    const stopping = await openHarness();
    try {
      const answer = stopping.sendImage({}, { prefer: 'wait=60' });
      await eventually('queued', async () => (await recordsOf(stopping)).length > 0);
      await stopping.stop();
      expect((await answer).status).toBe(202);
    } finally {
      await stopping.close();
    }
  });
});
