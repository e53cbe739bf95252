/** One run of messages to fresh recipients, by Pombo, by the plain loop, and by that with several sends in flight. */
import { interleave, median, medianRatio, round, timed } from './figures.mjs';
import { openDuel, requireRead, sendAll } from './stage.mjs';

const PLAIN_IN_FLIGHT = 8;

/** @param {{ count: number, warmUp: number, pairs: number, different: boolean }} options `different`: a picture each */
export async function compareCampaigns(workshop, { count, warmUp, pairs, different }) {
  const { stage, worker } = await openDuel(workshop);
  let runs = 0;
  const sendPlain = (numbers, inFlight) =>
    stage.plain.ask({ do: 'send', numbers, picture: stage.picture, different, inFlight });
  const sendPombo = (numbers) =>
    sendAll(stage, numbers, stage.pictures(`${(runs += 1)}/${different ? '*' : 'same'}.jpg`));
  const measure = async (pid, send) => {
    const { seconds, cpuMs, result } = await timed(pid, () => send(stage.numbers.take(count)));
    return { figures: { perSecond: round(count / seconds), cpuMsPerMessage: round(cpuMs / count) }, result };
  };

  await sendPlain(stage.numbers.take(warmUp), 1);
  await requireRead(stage, await sendPombo(stage.numbers.take(warmUp)));
  const found = await interleave(pairs, {
    plain: async () => (await measure(stage.plain.pid, (numbers) => sendPlain(numbers, 1))).figures,
    plain8: async () => (await measure(stage.plain.pid, (numbers) => sendPlain(numbers, PLAIN_IN_FLIGHT))).figures,
    pombo: async () => {
      const { figures, result } = await measure(worker.pid, sendPombo);
      await requireRead(stage, result);
      return figures;
    },
  });
  const middle = (side, figure) => median(found[side].map((figures) => figures[figure]));
  const raw = (figure) => ({
    plain: middle('plain', figure),
    plain_8_in_flight: middle('plain8', figure),
    pombo: middle('pombo', figure),
  });
  return {
    rate: { value: medianRatio(found.pombo, found.plain, 'perSecond'), raw: { ...raw('perSecond'), pairs: found } },
    cpu: { value: medianRatio(found.pombo, found.plain, 'cpuMsPerMessage'), raw: raw('cpuMsPerMessage') },
  };
}
