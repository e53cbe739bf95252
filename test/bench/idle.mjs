/** How long one small picture takes from the request to WhatsApp's acknowledgement when nothing else is going on. */
import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { createApiClient } from '../../scripts/lib/api-client.mjs';
import { SAMPLE_IMAGE } from '../../scripts/lib/paths.mjs';
import { interleave, median, round } from './lib/figures.mjs';
import { captionFor, vary } from './lib/send-bodies.mjs';
import { openDuel, requireRead } from './lib/stage.mjs';

/** A picture smaller than the sample would only make plain Baileys look better: its cost is the upload's round trips. */
export const idle = {
  deadlineMs: 300_000,
  async run(workshop, { pairs, smoke }) {
    const { stage } = await openDuel(workshop);
    const picture = await readFile(SAMPLE_IMAGE);
    const [mine, theirs] = stage.numbers.take(2);
    const sent = [];
    const sides = {
      plain: () => stage.plain.ask({ do: 'sendOne', number: theirs, picture }),
      pombo: () => postAndWait(stage, mine, picture, sent),
    };
    const block = async (send) => {
      const times = [];
      for (let nth = 0; nth < (smoke ? 1 : 10); nth += 1) times.push(await send());
      return { ms: round(median(times)), times: times.map((ms) => round(ms)) };
    };
    for (const send of Object.values(sides)) await block(send);
    const found = await interleave(pairs, { plain: () => block(sides.plain), pombo: () => block(sides.pombo) });
    await requireRead(stage, sent);
    const middle = (side) => median(found[side].flatMap(({ times }) => times));
    return {
      idle_latency_extra_ms: {
        value: round(middle('pombo') - middle('plain')),
        reach: '≤ 10 ms',
        raw: { plain_ms: middle('plain'), pombo_ms: middle('pombo'), pairs: found },
      },
    };
  },
};

async function postAndWait({ ingress, token, devices: [{ id }] }, number, picture, sent) {
  const image = vary(picture, sent.length).toString('base64');
  const body = { device_id: id, number, caption: captionFor(0), image };
  const startedAt = performance.now();
  const answer = await createApiClient(ingress.url, token).expect('POST', '/send/image', body, { prefer: 'wait=30' });
  const ms = performance.now() - startedAt;
  if (answer.status !== 'sent') throw new Error(`the message was not acknowledged in time: ${JSON.stringify(answer)}`);
  sent.push({ messageId: answer.message_id, number });
  return ms;
}
