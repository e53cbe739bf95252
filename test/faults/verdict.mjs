/** Compares what was accepted with what the phones show, and says what does not fit. */
import { findDisagreements } from './compare-events.mjs';

const byTime = (a, b) => a - b;

export function spread(values) {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort(byTime);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return { count: sorted.length, min: sorted[0], median: middle, max: sorted.at(-1) };
}

/** Milliseconds from each loss of a worker to the next acknowledgement of each device that had messages waiting. */
function takeovers(losses, ending, journal, records) {
  const acked = journal.filter(({ answer }) => answer === 'acked');
  return losses
    .filter((loss) => loss.ending === ending)
    .flatMap(({ at, devices }) =>
      devices.map((device) => {
        const lostAgain = losses.find((later) => later.at > at && later.devices.includes(device))?.at ?? Infinity;
        const waiting = records.some(
          ({ deviceId, queuedAt, sentAt }) => deviceId === device.id && queuedAt < at && (sentAt ?? Infinity) > at,
        );
        const next = acked.find((entry) => entry.device === device.jid && entry.at > at);
        // Lost once more before it could send anything: that loss has a time of its own.
        return waiting && next && next.at < lostAgain ? next.at - at : undefined;
      }),
    )
    .filter((ms) => ms !== undefined);
}

/**
 * A message that came twice is right only where the sender could not know that the first had arrived: its answer was
 * kept back, the login it came over had ended by then, or the phone itself had asked for it again.
 */
function explainSecondArrivals(journal, retries) {
  const first = new Map();
  const found = { lostAck: 0, newLogin: 0, retryReceipt: 0, unexplained: [] };
  for (const entry of journal) {
    const before = first.get(entry.id);
    first.set(entry.id, entry);
    if (before === undefined || before.answer === 'swallowed') continue;
    if (before.answer !== 'acked') found.lostAck += 1;
    else if (before.login !== entry.login) found.newLogin += 1;
    else if (retries > found.retryReceipt) found.retryReceipt += 1;
    else found.unexplained.push(entry.id);
  }
  return found;
}

function outOfOrder(accepted, inbox) {
  const place = new Map(inbox.filter(({ fromMe }) => !fromMe).map(({ id }, index) => [id, index]));
  const places = accepted.map((id) => place.get(id)).filter((index) => index !== undefined);
  return places.some((index, nth) => nth > 0 && index < places[nth - 1]);
}

/** @returns {Promise<{ report: object, faults: string[] }>} */
export async function judge(arena, campaign, losses) {
  const chats = [...campaign.keys()];
  const ids = [...campaign.values()].flat();
  const records = await Promise.all(ids.map((id) => arena.store.messages.read(id)));
  const journal = (await arena.sandbox.journal()).filter(({ id }) => ids.includes(id));
  const counters = await arena.sandbox.counters();
  const inboxes = new Map();
  for (const chat of chats) inboxes.set(chat, await arena.sandbox.inbox(chat.number));

  const states = {};
  for (const record of records) states[record?.state ?? 'lost'] = (states[record?.state ?? 'lost'] ?? 0) + 1;
  let notDisplayed = 0;
  let unreadable = 0;
  let displayedTwice = 0;
  let chatsOutOfOrder = 0;
  for (const [chat, accepted] of campaign) {
    const inbox = inboxes.get(chat);
    const shown = new Map(inbox.map((message) => [message.id, message]));
    for (const id of accepted) {
      const message = shown.get(id);
      if (message?.displayedCount !== 1) notDisplayed += 1;
      if (message?.failures.length) unreadable += 1;
    }
    if (outOfOrder(accepted, inbox)) chatsOutOfOrder += 1;
    // The phone shows an id once; the same message under another id would be shown again.
    displayedTwice += inbox.filter(
      ({ id, fromMe }) => !fromMe && id !== chat.greeting && !accepted.includes(id),
    ).length;
  }
  const deviceIds = chats.map(({ device }) => device.id);
  const disagreeing = await findDisagreements(arena.store, deviceIds, records.filter(Boolean));
  const recipients = chats.map(({ number }) => number);
  const ownPhones = chats.map(({ device }) => device.jid.split(/[:@]/)[0]);
  const report = {
    accepted: ids.length,
    states,
    failures: tally(records.map((record) => record?.errorCode).filter(Boolean)),
    notDisplayed,
    displayedTwice,
    unreadable,
    decryptFailures: counters.decryptFailures,
    chatsOutOfOrder,
    afterSuccessor: counters.refusedAfterSuccessor,
    keyFetchesPerRecipient: mostKeyFetches(recipients, counters) / DEVICES_OF_A_RECIPIENT,
    keyFetchesPerOwnPhone: mostKeyFetches(ownPhones, counters),
    retryReceipts: counters.retryReceiptsSent,
    secondArrivals: explainSecondArrivals(journal, counters.retryReceiptsSent),
    eventsUnlikeRecord: disagreeing.length,
    takeoverAfterKillMs: spread(takeovers(losses, 'SIGKILL', journal, records.filter(Boolean))),
    gapAfterDrainMs: spread(takeovers(losses, 'SIGTERM', journal, records.filter(Boolean))),
  };
  return { report, faults: findFaults(report) };
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
    [report.notDisplayed === 0, `${report.notDisplayed} messages are not shown on their phone`],
    [report.displayedTwice === 0, `${report.displayedTwice} messages are shown twice`],
    [report.decryptFailures === 0, `${report.decryptFailures} times a phone could not decrypt`],
    [report.chatsOutOfOrder === 0, `${report.chatsOutOfOrder} chats are out of order`],
    [report.afterSuccessor === 0, `${report.afterSuccessor} stanzas came after the successor had logged in`],
    [report.keyFetchesPerRecipient <= 1, `keys were fetched ${report.keyFetchesPerRecipient} times for one recipient`],
    [
      report.eventsUnlikeRecord === 0,
      `the events of ${report.eventsUnlikeRecord} messages tell something else than their record`,
    ],
    [report.secondArrivals.unexplained.length === 0, `${report.secondArrivals.unexplained.length} needless sendings`],
    [(report.takeoverAfterKillMs?.max ?? 0) <= LONGEST_TAKEOVER_MS, 'a takeover took longer than 15 s'],
    [(report.gapAfterDrainMs?.median ?? 0) <= MEDIAN_DRAIN_GAP_MS, 'a drained device was silent for more than 1 s'],
  ];
  return checks.filter(([holds]) => !holds).map(([, fault]) => fault);
}
