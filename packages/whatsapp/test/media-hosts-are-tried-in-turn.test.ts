import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MockAgent } from 'undici';
import { uploadMedia } from '../src/sending/upload-media.js';
import { failureOf } from './failure-of.js';

let agent: MockAgent;
beforeEach(() => {
  agent = new MockAgent();
  agent.disableNetConnect();
});
afterEach(() => agent.close());

const HOSTS = ['first.example', 'second.example'];
const LOCATION = { url: 'https://second.example/v/x', direct_path: '/v/x' };

function answer(host: string, status: number, body: object | string = {}, times = 1): void {
  const path = (): boolean => true;
  agent.get(`https://${host}`).intercept({ method: 'POST', path }).reply(status, body).times(times);
}

const upload = () =>
  uploadMedia(() => Promise.resolve({ auth: 'a', hosts: HOSTS }), randomBytes(100), 'image', undefined, {
    dispatcher: agent,
    timeoutMs: 5_000,
  });

test.each([404, 400, 503])('where the first host answers %i, the second is asked', async (status) => {
  answer('first.example', status);
  answer('second.example', 200, LOCATION);
  expect(await upload()).toMatchObject({ directPath: '/v/x' });
});

test('an answer that does not say where the file is counts as none', async () => {
  answer('first.example', 200, 'accepted');
  answer('second.example', 200, LOCATION);
  expect(await upload()).toMatchObject({ directPath: '/v/x' });
});

test('a host that refuses a new authorisation, too, does not keep others from being asked', async () => {
  answer('first.example', 403, {}, 2);
  answer('second.example', 200, LOCATION);
  expect(await upload()).toMatchObject({ directPath: '/v/x' });
});

test('what one host calls wrong and another could not take now may be tried again', async () => {
  for (const [host, status] of [
    ['first.example', 503],
    ['second.example', 400],
  ] as const)
    answer(host, status, {}, 2);
  expect(await failureOf(upload())).toMatchObject({ code: 'UPLOAD_FAILED', retryable: true });
});

test('an authorisation that is refused everywhere may be accepted later', async () => {
  for (const host of HOSTS) answer(host, 401, {}, 2);
  expect(await failureOf(upload())).toMatchObject({ code: 'UPLOAD_FAILED', retryable: true });
});
