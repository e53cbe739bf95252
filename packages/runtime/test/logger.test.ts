import { spawnSync } from 'node:child_process';
import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { createLogger, describeError, maskNumbers } from '@pombo/runtime';

/** Built: the child is a process of its own. */
const RUNTIME = new URL('../dist/index.js', import.meta.url).href;

function collect() {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  return { lines, stream };
}

test('lines are JSON with app, level, time and fields', () => {
  const { lines, stream } = collect();
  createLogger({ level: 'info', name: 'worker', stream })
    .child({ deviceId: 'dev_1' })
    .info('message sent', { messageId: 'm' });
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    app: 'worker',
    level: 'info',
    message: 'message sent',
    deviceId: 'dev_1',
    messageId: 'm',
  });
});

test('whole numbers are masked wherever they turn up; ids and times are left alone', () => {
  expect(maskNumbers('to 5511999998888@s.whatsapp.net')).toBe('to 5511…88@s.whatsapp.net');
  expect(maskNumbers('+5511999998888')).not.toContain('999998888');
  for (const id of ['3EB0A1F012345678901234', 'dev_A1F01234567890123456', '2026-11-22T19:11:39.440Z']) {
    expect(maskNumbers(id)).toBe(id);
  }
  const { lines, stream } = collect();
  createLogger({ level: 'info', name: 'worker', stream }).warn('resolving 5511999998888', {
    jid: '5511999998888:3@s.whatsapp.net',
  });
  expect(lines.join('')).not.toContain('999998888');
});

test('what is no JSON does not keep a line from being written', () => {
  const { lines, stream } = collect();
  const fields: Record<string, unknown> = { count: 1n };
  fields['self'] = fields;
  createLogger({ level: 'info', name: 'worker', stream }).info('odd', fields);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ app: 'worker', message: 'odd', count: '1' });
});

test('an error is told by kind, code and message, never by its stack', () => {
  const error = Object.assign(new Error('no answer from 5511999998888'), { code: 'ETIMEDOUT' });
  expect(describeError(error)).toEqual({ error: 'no answer from 5511…88', name: 'Error', code: 'ETIMEDOUT' });
  expect(describeError('odd')).toEqual({ error: 'odd' });
});

test('lines of one turn go out in one write, in their order; those of the last turn before the process has ended', () => {
  const script = `
    const { createLogger } = await import(${JSON.stringify(RUNTIME)});
    const writes = [];
    const write = process.stdout.write.bind(process.stdout);
    process.stdout.write = (text) => writes.push(text.match(/"nth":\\d+/g).join()) && write(text);
    const logger = createLogger({ level: 'info', name: 'test' });
    process.on('exit', () => process.stderr.write(JSON.stringify(writes)));
    for (const nth of [1, 2]) logger.info('a line', { nth });
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    logger.info('the last line', { nth: 3 });
    process.exit(1);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  expect(stdout.trimEnd().split('\n')).toHaveLength(3);
  expect(JSON.parse(stderr)).toEqual(['"nth":1,"nth":2', '"nth":3']);
});
