/** A few lines of client for Pombo's own API. */
import { expectedError } from './run-command.mjs';

/** Above QR_WAIT_MS, since `GET /qr` waits for a worker. */
const REQUEST_TIMEOUT_MS = 20_000;

/** @returns {Promise<boolean | undefined>} true when the URL answers 2xx, undefined otherwise: a probe for `waitUntil`. */
export async function answers(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`it answers ${response.status}`);
  return true;
}

export function createApiClient(baseUrl, token) {
  const request = async (method, path, body, more = {}) => {
    const response = await fetch(new URL(path, baseUrl), {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}), ...more },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    return { status: response.status, body: await response.json() };
  };
  return {
    request,
    /** As `request`, but anything but 2xx is an error that shows the answer. */
    async expect(method, path, body, headers) {
      const answer = await request(method, path, body, headers);
      if (answer.status < 300) return answer.body;
      throw expectedError(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    },
  };
}
