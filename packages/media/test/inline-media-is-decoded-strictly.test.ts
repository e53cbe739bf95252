import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { PomboError } from '@pombo/contracts';
import fc from 'fast-check';
import { decodeInlineMedia } from '../src/index.js';

const OPTIONS = { maxBytes: 1_000, field: 'image' };
const decode = (value: string) => decodeInlineMedia(value, OPTIONS);

function failureOfDecoding(value: string, options = OPTIONS): PomboError {
  try {
    decodeInlineMedia(value, options);
  } catch (error) {
    if (error instanceof PomboError) return error;
    throw error;
  }
  throw new Error('Expected a PomboError');
}

describe('is taken', () => {
  test.each([
    ['plain', 'aGVsbG8=', undefined],
    ['without padding where none is due', 'aGVsbG8h', undefined],
    ['as a data URI', 'data:image/png;base64,aGVsbG8=', 'image/png'],
    ['as a data URI with parameters', 'data:image/png;name=a.png;charset=x;base64,aGVsbG8=', 'image/png'],
    ['as a data URI in capitals', 'DATA:Image/PNG;BASE64,aGVsbG8=', 'image/png'],
    ['as a data URI without a type', 'data:;base64,aGVsbG8=', undefined],
    ['as a data URI with a senseless type', 'data:nonsense;base64,aGVsbG8=', undefined],
    ['with line breaks', 'aGVs\r\nbG8=\n', undefined],
    ['with spaces around', '  aGVs bG8=\t', undefined],
    ['as a data URI with line breaks', ' data:image/svg+xml;base64,\naGVs\nbG8=', 'image/svg+xml'],
  ])('%s', (_how, value, declaredMimeType) => {
    const media = decode(value);
    expect(media.bytes.toString()).toMatch(/^hello!?$/);
    expect(media.declaredMimeType).toBe(declaredMimeType);
  });

  test('whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
        expect(decode(Buffer.from(bytes).toString('base64')).bytes).toEqual(Buffer.from(bytes));
      }),
    );
  });
});

describe('is refused, naming the field and not the content', () => {
  test.each([
    ['nothing', ''],
    ['white space', ' \n'],
    ['an empty data URI', 'data:image/png;base64,'],
    ['a data URI that is not base64', 'data:text/plain,hello'],
    ['a data URI without a comma', 'data:image/png;base64'],
    ['a data URI whose comma comes too late', `data:image/png;${'x'.repeat(300)};base64,aGVsbG8=`],
    ['a URL', 'https://cdn.example/a.png'],
    ['a character that is not in the alphabet', 'aGVsbG8*'],
    ['the url-safe alphabet', '-_-_'],
    ['no padding', 'aGVsbG8'],
    ['too little padding', 'aGVsbA='],
    ['too much padding', 'aGVsbG8h===='],
    ['three signs of padding', 'aGVsb==='],
    ['padding in the middle', 'aG==bG8='],
    ['padding alone', '===='],
    ['two texts in a row', 'aGVsbG8=aGVsbG8='],
    ['one character', 'a'],
    ['a byte of zero', 'aGVs\0G8='],
    ['a character whose low byte looks right', 'aGVs\u0162G8='],
    ['a Latin-1 character', 'aGVsbé8='],
  ])('%s', (_what, value) => {
    const failure = failureOfDecoding(value);
    expect(failure.code).toBe('VALIDATION_ERROR');
    expect(failure.validation).toHaveLength(1);
    expect(failure.validation?.[0]?.field).toBe('image');
    expect(failure.validation?.[0]?.message).toMatch(/^image /);
    if (value.length > 3) expect(JSON.stringify([failure.message, failure.validation])).not.toContain(value);
  });

  test('exactly when a regular expression would', () => {
    const character = fc.constantFrom(...'AQgw+/==-_ \n\u0141é%');
    const strict = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
    fc.assert(
      fc.property(fc.array(character, { maxLength: 12 }), (characters) => {
        const value = characters.join('');
        const compact = value.replace(/[ \n]/g, '');
        const accepted = compact !== '' && strict.test(compact);
        if (accepted) expect(decode(value).bytes).toEqual(Buffer.from(compact, 'base64'));
        else expect(failureOfDecoding(value).code).toBe('VALIDATION_ERROR');
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('the size limit', () => {
  test.each([997, 998, 999, 1_000])('lets %i of 1,000 bytes through', (sizeBytes) => {
    expect(decode(randomBytes(sizeBytes).toString('base64')).bytes.length).toBe(sizeBytes);
  });

  test('starts one byte above', () => {
    const failure = failureOfDecoding(randomBytes(1_001).toString('base64'));
    expect(failure.code).toBe('PAYLOAD_TOO_LARGE');
    expect(failure.message).toBe('image is larger than the limit of 1000 bytes');
  });

  test('does not count line breaks', () => {
    const lines = randomBytes(1_000).toString('base64').replace(/.{76}/g, '$&\r\n');
    expect(decode(lines).bytes.length).toBe(1_000);
  });

  test('is decided before decoding, so before anything else is wrong', () => {
    expect(failureOfDecoding('*'.repeat(4_000)).code).toBe('PAYLOAD_TOO_LARGE');
  });
});
