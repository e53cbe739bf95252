/** The commands of README.md and docs/first-sends.md, run by a real curl, and the answers that stand behind them. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { createIngress } from '@pombo/ingress';
import { silentLogger } from '@pombo/runtime';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ApiClient } from './harness/api-client.js';
import { type PictureServer, startPictureServer } from './harness/picture-server.js';
import { makePicture } from './harness/picture.js';
import { readText, ROOT } from './repository/repository-files.js';
import { type Stack, startStack } from './harness/stack.js';

type Body = Record<string, unknown>;

/** `{ a: { b: 1 }, c: 2 }` → `a.b`, `c`: an answer's shape without its values. */
const keysOf = (body: Body, prefix = ''): string[] =>
  Object.entries(body).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null ? keysOf(value as Body, `${prefix}${key}.`) : [prefix + key],
  );

const blocksOf = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map((match) => match[1] ?? '');

const PAGE = readText('docs/first-sends.md');
const COMMANDS = blocksOf(PAGE, 'sh');
const ANSWERS = blocksOf(PAGE, 'json').map((block) => JSON.parse(block) as Body);
const SENDS = COMMANDS.map((command, place) => ({
  route: /\/send\/\w+/.exec(command)?.[0] ?? '',
  command,
  accepted: ANSWERS[place * 2] as Body,
  sent: ANSWERS[place * 2 + 1] as Body,
}));

/** What the compatible API documents of these answers. */
const COMPATIBLE = {
  accepted: ['success', 'message_id', 'job_id', 'timestamp', 'status', 'chat_jid', 'device_id'],
  image: [
    ...['success', 'message_id', 'timestamp', 'status', 'chat_jid', 'metadata.device_id', 'metadata.user_id'],
    ...['metadata.processing_time_ms', 'metadata.image_size_bytes', 'metadata.image_format'],
    ...['metadata.download_time_ms', 'metadata.upload_time_ms', 'metadata.mentions_processed'],
    ...['metadata.quoted_message_found', 'metadata.view_once_enabled', 'metadata.sent_at'],
  ],
  document: ['metadata.document_size_bytes', 'metadata.mime_type', 'metadata.file_name', 'metadata.sent_at'],
  interactive: ['success', 'message_id', 'timestamp', 'message'],
};

const RFC3339_Z = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

let stack: Stack;
let files: PictureServer;
let api: ApiClient;
let waitingUrl: string;

beforeAll(async () => {
  stack = await startStack();
  files = await startPictureServer(await makePicture());
  stack.onClose(() => files.stop());
  const pigeon = readFileSync(`${ROOT}/scripts/sample/pigeon.jpg`);
  files.answer('/pigeon.jpg', (_request, response) =>
    response.writeHead(200, { 'content-type': 'image/jpeg' }).end(pigeon),
  );
  files.answer('/invoice.pdf', (_request, response) =>
    response.writeHead(200, { 'content-type': 'application/pdf' }).end('%PDF-1.4\n%%EOF\n'),
  );
  api = await stack.startIngress();
  const waiting = createIngress({ ...stack.config, DEFAULT_WAIT_SECONDS: 30 }, { logger: silentLogger });
  stack.onClose(() => waiting.stop());
  waitingUrl = (await waiting.start()).url;
  await stack.startWorker();
  const { deviceId } = await stack.addPairedDevice();
  await stack.whenConnected(deviceId);
});
afterAll(() => stack.close());

/** Pasted as printed, with what only the reader can know filled in. */
async function paste(command: string, url: string): Promise<{ status: number; body: Body }> {
  const filledIn = command
    .replaceAll('http://127.0.0.1:3000', url)
    .replaceAll('YOUR-TOKEN', api.token)
    .replaceAll('https://example.com/', files.url('/'));
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    `${filledIn.trimEnd()} --silent --write-out '\\n%{http_code}'`,
  ]);
  const [status = '', ...rest] = stdout.trimEnd().split('\n').reverse();
  return { status: Number(status), body: JSON.parse(rest.reverse().join('\n')) as Body };
}

test('the page has the three sends, each with both answers', () => {
  expect(SENDS.map(({ route }) => route)).toEqual(['/send/image', '/send/document', '/send/interactive']);
  expect(ANSWERS).toHaveLength(6);
});

describe.each(SENDS)('$route', ({ route, command, accepted, sent }) => {
  test('as printed is answered 202 as printed, and arrives', async () => {
    const { status, body } = await paste(command, api.url);
    expect({ status, body }).toMatchObject({ status: 202, body: { success: true, status: 'queued' } });
    expect(keysOf(body)).toEqual(keysOf(accepted));
    expect(keysOf(body)).toEqual(expect.arrayContaining(COMPATIBLE.accepted));
    expect(body['timestamp']).toMatch(RFC3339_Z);
    await stack.whenState(String(body['message_id']), 'delivered');
  });

  test('with DEFAULT_WAIT_SECONDS=30 is answered 200 with everything printed, all of it measured', async () => {
    const { status, body } = await paste(command, waitingUrl);
    expect({ status, body }).toMatchObject({ status: 200, body: { success: true, status: 'sent' } });
    expect(keysOf(body).sort()).toEqual(keysOf(sent).sort());
    expect(keysOf(body)).toEqual(expect.arrayContaining(COMPATIBLE[route.slice('/send/'.length) as 'image']));
    expect(body['timestamp']).toMatch(RFC3339_Z);
    expect((body['metadata'] as Body)['sent_at']).toBe(body['timestamp']);
  });
});

test('the command of README.md works as printed', async () => {
  const command = blocksOf(readText('README.md'), 'sh').find((block) => block.includes('/send/image')) ?? '';
  const { status, body } = await paste(command, api.url);
  expect({ status, body }).toMatchObject({ status: 202, body: { success: true, status: 'queued' } });
});
