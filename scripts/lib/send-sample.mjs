/** Sends the sample picture through the API and waits for the recipient's phone. */
import { expectedError } from './run-command.mjs';
import { DEMO_RECIPIENT } from './demo.mjs';
import { waitUntil } from './wait-until.mjs';

const DELIVERY_DEADLINE_MS = 30_000;
const MENTIONED = '5511988887777';
const ARRIVED = new Set(['delivered', 'read', 'played']);
const LOST = new Set(['failed', 'canceled', 'expired']);

export const sampleBody = (imageUrl) => ({
  number: DEMO_RECIPIENT,
  image_url: imageUrl,
  caption: 'A letter from *Pombo*',
});

/** @returns {Promise<object>} the message resource once delivered. */
export async function sendSample(api, { imageUrl, deviceId, signal }) {
  const accepted = await api.expect('POST', '/send/image', {
    ...sampleBody(imageUrl),
    caption: `A letter from *Pombo*, with regards to @${MENTIONED}`,
    mentioned: [MENTIONED],
    device_id: deviceId,
  });
  const path = `/messages/${accepted.message_id}`;
  let resource = accepted;
  const outcome = async () => {
    resource = await api.expect('GET', path);
    return ARRIVED.has(resource.status) || LOST.has(resource.status) ? resource : undefined;
  };
  try {
    await waitUntil('the delivery', outcome, { deadlineMs: DELIVERY_DEADLINE_MS, signal });
  } catch (error) {
    throw error.expected ? expectedError(`${error.message}\n${JSON.stringify(resource)}`) : error;
  }
  if (LOST.has(resource.status)) throw expectedError(`The message was not delivered.\n${JSON.stringify(resource)}`);
  return resource;
}
