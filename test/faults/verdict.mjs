/** Compares what was accepted with what the phones show and what was told, and says what does not fit. */
import { findDisagreements, findUntold, pollAll, whenTold } from './compare-events.mjs';

const byValue = (a, b) => a - b;

export function spread(values) {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort(byValue);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return { count: sorted.length, min: sorted[0], median: middle, max: sorted.at(-1) };
}

/** A message may come a little after the loss: the device is away all the same. */
const SOON_AFTER_MS = 2_000;

/** For every loss of a worker and device of it: its stanzas before and after, where a message waited meanwhile. */
function handOvers(losses, ending, journal, queuedAt) {
  const found = [];
  for (const { at, devices } of losses.filter((loss) => loss.ending === ending)) {
    for (const device of devices) {
      const stanzas = journal.filter((entry) => entry.device === device.jid);
      const last = stanzas.findLast((entry) => entry.at <= at);
      const next = stanzas.find((entry) => entry.at > at && entry.login !== last?.login);
      // Lost once more before it could send anything: that loss has a time of its own.
      const lostAgain = losses.find((later) => later.at > at && later.devices.includes(device))?.at ?? Infinity;
      if (!next || next.at > lostAgain) continue;
      const waitedFrom = queuedAt.get(next.id);
      const before = stanzas.findLast((entry) => entry.at < next.at && entry.login !== next.login);
      found.push({ at, next, before, waitedFrom });
    }
  }
  return found;
}

/** Milliseconds from the loss of the worker to the device's next message at the server, which answers at once. */
const takeovers = (...args) =>
  handOvers(...args)
    .filter(({ at, waitedFrom }) => waitedFrom !== undefined && waitedFrom <= at + SOON_AFTER_MS)
    .map(({ at, next }) => next.at - at);

/** Milliseconds a message waited for a device that is handed over, from the last stanza of its old owner at the earliest. */
const gaps = (...args) =>
  handOvers(...args)
    .filter(({ waitedFrom }) => waitedFrom !== undefined)
    .map(({ at, next, before, waitedFrom }) => next.at - Math.max(at, before?.at ?? 0, waitedFrom));

/** An acknowledgement is recorded within this time, unless something happens to the worker or to Redis. */
const RECORDED_MS = 5_000;

/**
 * A message that came twice is right only where the sender could not know that the first had arrived: its answer was
 * kept back, something happened to its device or to Redis before the answer could be recorded, or the phone itself had
 * asked for it again.
 */
function explainSecondArrivals(journal, { losses, disturbances }, retries) {
  const first = new Map();
  const found = { lostAck: 0, disturbed: 0, retryReceipt: 0, unexplained: [] };
  const isDisturbed = ({ at, device }) =>
    losses.some(
      (loss) => loss.at >= at && loss.at <= at + RECORDED_MS && loss.devices.some(({ jid }) => jid === device),
    ) || disturbances.some(({ from, until }) => from <= at + RECORDED_MS && until >= at);
  for (const entry of journal) {
    const before = first.get(entry.id);
    first.set(entry.id, entry);
    if (before === undefined || before.answer === 'swallowed') continue;
    if (before.answer !== 'acked') found.lostAck += 1;
    else if (before.login !== entry.login && isDisturbed(before)) found.disturbed += 1;
    else if (retries > found.retryReceipt) found.retryReceipt += 1;
    else found.unexplained.push(entry.id);
  }
  return found;
}

/** @returns a message and the one accepted after it that was shown before it, if there are such. */
function findOvertaken(accepted, inbox) {
  const place = new Map(inbox.filter(({ fromMe }) => !fromMe).map(({ id }, index) => [id, index]));
  const shown = accepted.filter((id) => place.has(id));
  const at = shown.findIndex((id, nth) => nth > 0 && place.get(id) < place.get(shown[nth - 1]));
  return at < 0 ? [] : [{ overtaken: shown[at - 1], by: shown[at] }];
}

/** @param timed whether it matters how long things took. @returns {Promise<{ report: object, faults: string[] }>} */
export async function judge(arena, campaign, { losses, disturbances, written }, timed) {
  const chats = [...campaign.keys()];
  const ids = [...campaign.values()].flat();
  const isOurs = new Set(ids);
  const polled = await pollAll(arena, ids);
  const records = polled.filter(Boolean);
  await whenTold(arena, records, written);
  const journal = (await arena.sandbox.journal()).filter(({ id }) => isOurs.has(id));
  const counters = await arena.sandbox.counters();

  const unreadable = [];
  let notDisplayed = 0;
  let displayedTwice = 0;
  const outOfOrder = [];
  for (const [chat, accepted] of campaign) {
    const inbox = await arena.sandbox.inbox(chat.number);
    const shown = new Map(inbox.map((message) => [message.id, message]));
    for (const id of accepted) if (shown.get(id)?.displayedCount !== 1) notDisplayed += 1;
    for (const { id, failures } of inbox) if (failures.length > 0) unreadable.push({ id, failures });
    outOfOrder.push(...findOvertaken(accepted, inbox));
    // The phone shows an id once; the same message under another id would be shown again.
    displayedTwice += inbox.filter(
      ({ id, fromMe }) => !fromMe && id !== chat.greeting && !accepted.includes(id),
    ).length;
  }
  const untold = findUntold(arena.endpoint, written);
  const queuedAt = new Map(records.map((record) => [record.message_id, Date.parse(record.queued_at)]));
  const recipients = chats.map(({ number }) => number);
  const ownPhones = chats.map(({ device }) => device.jid.split(/[:@]/)[0]);
  const report = {
    accepted: ids.length,
    states: tally(polled.map((record) => record?.status ?? 'lost')),
    failures: tally(records.map((record) => record.error_code).filter(Boolean)),
    notDisplayed,
    displayedTwice,
    decryptFailures: counters.decryptFailures,
    unreadable,
    chatsOutOfOrder: outOfOrder.length,
    outOfOrder,
    afterSuccessor: counters.refusedAfterSuccessor,
    keyFetchesPerRecipient: mostKeyFetches(recipients, counters) / DEVICES_OF_A_RECIPIENT,
    keyFetchesPerOwnPhone: mostKeyFetches(ownPhones, counters),
    retryReceipts: counters.retryReceiptsSent,
    retriesAsked: counters.retryReceiptsReceived,
    secondArrivals: explainSecondArrivals(journal, { losses, disturbances }, counters.retryReceiptsSent),
    events: arena.endpoint.events.size,
    eventsRepeated: arena.endpoint.repeated,
    eventsForged: arena.endpoint.forged,
    eventsUnlikeRecord: findDisagreements(arena.endpoint, records).length,
    answers: written.length,
    answersUntold: untold.length,
    untold,
    losses: tally(losses.map(({ ending }) => ending)),
    takeoverAfterKillMs: spread(takeovers(losses, 'SIGKILL', journal, queuedAt)),
    takeoverAfterStandstillMs: spread(takeovers(losses, 'SIGSTOP', journal, queuedAt)),
    gapAfterDrainMs: spread(gaps(losses, 'SIGTERM', journal, queuedAt)),
  };
  return { report, faults: [...findFaults(report), ...(timed ? findDelays(report) : [])] };
}

/** Every recipient is a phone and a companion, whose keys are fetched one each. */
const DEVICES_OF_A_RECIPIENT = 2;

const mostKeyFetches = (numbers, { keyFetches }) =>
  Math.max(0, ...numbers.map((number) => keyFetches.byRecipient[number] ?? 0));

function tally(words) {
  const counts = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

const LONGEST_TAKEOVER_MS = 15_000;
const MEDIAN_DRAIN_GAP_MS = 1_000;

function findFaults(report) {
  const arrived = (report.states.delivered ?? 0) + (report.states.read ?? 0) + (report.states.played ?? 0);
  const checks = [
    [arrived === report.accepted, `${report.accepted - arrived} messages were not delivered`],
    [report.notDisplayed === 0, `${report.notDisplayed} messages are not shown on their phone, or more than once`],
    [report.displayedTwice === 0, `${report.displayedTwice} messages are shown twice`],
    [report.decryptFailures === 0, `${report.decryptFailures} times a phone could not decrypt`],
    [report.chatsOutOfOrder === 0, `${report.chatsOutOfOrder} chats are out of order`],
    [report.afterSuccessor === 0, `${report.afterSuccessor} stanzas came after the successor had logged in`],
    [report.keyFetchesPerRecipient <= 1, `keys were fetched ${report.keyFetchesPerRecipient} times for one recipient`],
    [report.secondArrivals.unexplained.length === 0, `${report.secondArrivals.unexplained.length} needless sendings`],
    [report.eventsForged === 0, `${report.eventsForged} events had no valid signature`],
    [report.eventsUnlikeRecord === 0, `the events of ${report.eventsUnlikeRecord} messages are not as their records`],
    [report.answersUntold === 0, `${report.answersUntold} answers of recipients were not told exactly once`],
  ];
  return checks.filter(([holds]) => !holds).map(([, fault]) => fault);
}

function findDelays(report) {
  const checks = [
    [(report.takeoverAfterKillMs?.max ?? 0) <= LONGEST_TAKEOVER_MS, 'a takeover took longer than 15 s'],
    [
      (report.takeoverAfterStandstillMs?.max ?? 0) <= LONGEST_TAKEOVER_MS,
      'after a standstill it took longer than 15 s',
    ],
    [(report.gapAfterDrainMs?.median ?? 0) <= MEDIAN_DRAIN_GAP_MS, 'drained devices were silent for more than 1 s'],
  ];
  return checks.filter(([holds]) => !holds).map(([, fault]) => fault);
}
