import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Logger, LogFields } from '@pombo/runtime';
import { eventually } from '@pombo/testing';
import { captureConsole, splitMessage } from '@pombo/whatsapp';
import { createScene, freshId, freshNumber, jidOf } from './scene.js';

const lines: Array<{ readonly level: string; readonly message: string; readonly fields: LogFields | undefined }> = [];
const note = (level: string) => (message: string, fields?: LogFields) => void lines.push({ level, message, fields });
/** Masks nothing by itself, so that what it was given is seen. */
const logger: Logger = {
  ...{ debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
  child: () => logger,
};

const printed: string[] = [];
const undos: Array<() => void> = [];
// Before the scene captures the console for its own quiet: the first to capture it says where its words go.
beforeAll(() => {
  const target = globalThis.console as unknown as Record<string, (...words: unknown[]) => void>;
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace']) {
    const original = target[method];
    target[method] = (...words) => void printed.push(words.map(String).join(' '));
    undos.push(() => {
      if (original) target[method] = original;
    });
  }
  undos.push(captureConsole(logger));
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    stream.write = (chunk: Uint8Array | string) => {
      printed.push(chunk.toString());
      return true;
    };
    undos.push(() => (stream.write = write));
  }
});
const scene = createScene();
afterAll(() => {
  for (const undo of undos.reverse()) undo();
});

/** Every text in a stored value that is a key or part of a session. */
function secretsIn(value: unknown): string[] {
  if (typeof value === 'string') return /^[A-Za-z0-9+/]{40,}={0,2}$/.test(value) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [...secretsIn(key), ...secretsIn(inner)]);
}

test('while sessions are replaced and connections lost, nothing is printed, and nothing private is logged', async () => {
  const number = freshNumber();
  const caption = 'between you and me';
  const message = { conversation: caption };
  const device = await scene.device({ logger, readSent: () => Promise.resolve(splitMessage(message)) });
  const send = async (): Promise<string> => {
    const id = freshId();
    await device.session.send({ id, jid: jidOf(number), message });
    await scene.received(number, id);
    return id;
  };
  await send();
  await scene.sandbox.reply(number, device.jid, 'thank you');
  const linesBefore = lines.length;
  // What Node and the test runner had to say so far.
  printed.length = 0;
  // libsignal prints the whole session that is closed for a new one.
  scene.sandbox.changeIdentity(number, { announce: false });
  await send();
  scene.sandbox.changeIdentity(number);
  await send();
  scene.sandbox.closeStream(device.jid, 503);
  await device.whenConnected(2);
  device.auth.refusal = new Error(`no write for ${number}`);
  await device.session.send({ id: freshId(), jid: jidOf(number), message }).catch(() => undefined);
  await eventually('the eviction', () => device.evictions.length > 0);

  const fromLibraries = lines.slice(linesBefore).filter(({ message }) => message.includes('console'));
  expect(fromLibraries.map(({ fields }) => fields?.['text'])).toContain('Closing session');
  expect(printed).toEqual([]);

  const logged = lines.map((line) => JSON.stringify(line));
  const secrets = [...device.auth.values.values()].flatMap((text) => secretsIn(JSON.parse(text)));
  expect(secrets.length).toBeGreaterThan(50);
  const own = device.jid.split(':')[0] ?? '';
  for (const secret of [...secrets, number, own, caption]) {
    expect(logged.filter((line) => line.includes(secret))).toEqual([]);
  }
  const { lid } = await scene.sandbox.recipient(number);
  expect(logged.filter((line) => line.includes(lid.split('@')[0] ?? lid))).toEqual([]);
});
