import { expect, test } from '@jest/globals';
import { parsePrefer } from '../src/http/prefer.js';

test.each([
  [undefined, undefined, false, ''],
  ['wait=10', 10, false, 'wait=10'],
  ['Wait = "10"', 10, false, 'wait=10'],
  ['wait=600', 60, false, 'wait=60'],
  ['wait=0', 0, false, 'wait=0'],
  ['wait=soon', undefined, false, ''],
  ['wait=5, wait=9', 5, false, 'wait=5'],
  ['respond-async, wait=7', 7, false, 'wait=7'],
  ['respond-async', 0, false, 'respond-async'],
  ['handling=strict, wait=3', 3, true, 'wait=3, handling=strict'],
  ['foo="a, wait=9; handling=strict"; x=1 , handling=strict;y="z,"', undefined, true, 'handling=strict'],
  [',,;=,', undefined, false, ''],
])('%j', (header, waitSeconds, strict, applied) => {
  const prefer = parsePrefer(header);
  expect([prefer.waitSeconds, prefer.strict, prefer.applied]).toEqual([waitSeconds, strict, applied]);
});
