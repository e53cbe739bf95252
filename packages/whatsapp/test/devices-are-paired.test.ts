import { afterEach, expect, jest, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { holdTimers } from './hold-timers.js';
import { createScene, freshNumber, type OpenOptions, type TestSession } from './scene.js';

const scene = createScene();
afterEach(() => {
  jest.useRealTimers();
});

/** A session that shows its first code. */
async function showingCode(options: OpenOptions = {}): Promise<[device: TestSession, qr: string]> {
  const device = await scene.open(options);
  device.session.start();
  const code = await eventually('a code is shown', () => device.codes[0]);
  return [device, code.qr];
}

test('a code that is scanned pairs the device, which restarts at once, sends, and later resumes without a code', async () => {
  holdTimers();
  const [device, qr] = await showingCode();
  expect(device.codes).toEqual([{ qr, lifetimeMs: 60_000 }]);
  const paired = await scene.sandbox.pairQr(qr, { phone: '5511987650001' });
  await eventually('the restart', () => device.states.some(({ why }) => why === 'restart'));
  jest.advanceTimersByTime(0);
  await device.whenConnected();

  expect(device.order).toEqual([
    ...['connecting', 'pairing', 'code', 'paired', 'waiting', 'connecting', 'connected', 'identity'],
  ]);
  const identity = { jid: paired.jid, lid: paired.lid, phone: '5511987650001' };
  expect(device.paired).toEqual([identity]);
  expect(device.connected).toMatchObject([{ jid: paired.jid, phone: identity.phone }]);
  expect(device.session).toMatchObject({ state: 'connected', paired: true, ownJid: paired.jid });
  expect(scene.sandbox.counters()).toMatchObject({ registrations: 1, logins: { accepted: 1, refused: 0 } });

  // The first connection after pairing brings no history: nothing is held back for it.
  await device.sendText(freshNumber());
  jest.advanceTimersByTime(100);
  await eventually('a receipt', () => device.receipts.length > 0);
  expect(device.auth.creds().accountSyncCounter).toBe(0);

  await device.session.stop();
  const resumed = await scene.device({ auth: device.auth.successor() });
  expect(resumed.order).toEqual(['connecting', 'connected', 'identity']);
  expect(resumed.connected[0]?.jid).toBe(paired.jid);
  await resumed.sendText(freshNumber());
  expect(scene.sandbox.counters()).toMatchObject({ registrations: 1, logins: { accepted: 2, refused: 0 } });
});

/** Lets the codes run out, minutes of them, without waiting. */
async function letCodesRunOut({ codes }: TestSession): Promise<void> {
  for (let shown = 1; shown < 6; shown += 1) {
    jest.advanceTimersByTime(60_000);
    await eventually('the next code', () => codes.length > shown);
  }
  jest.advanceTimersByTime(60_000);
}

test('when the last code has run out and the time for pairing too, the session ends', async () => {
  holdTimers();
  let pairingUntil = Date.now() + 60_000;
  const [device] = await showingCode({ pairingUntil: () => pairingUntil });
  pairingUntil = Date.now() - 1;
  await letCodesRunOut(device);
  await eventually('the session ends', () => device.session.state === 'ended');
  expect(device.states.at(-1)).toMatchObject({ state: 'ended', why: 'pairing-ended' });
  expect(device.codes.map(({ lifetimeMs }) => lifetimeMs)).toEqual([60_000, ...Array<number>(5).fill(20_000)]);
  expect(new Set(device.codes.map(({ qr }) => qr)).size).toBe(6);
});

test('when the last code has run out but there is time left, new codes are shown at once', async () => {
  holdTimers();
  const [device] = await showingCode();
  await letCodesRunOut(device);
  await eventually('the codes have run out', () => device.states.some(({ why }) => why === 'pairing-ended'));
  jest.advanceTimersByTime(0);
  const seventh = await eventually('another code', () => device.codes[6]);
  expect(seventh.lifetimeMs).toBe(60_000);
  expect(device.session.state).toBe('pairing');
});

test('a server that cannot be reached is not hammered by a device that wants to be paired', async () => {
  const cable = await scene.cable();
  await cable.close();
  const device = await scene.open({ endpoint: cable.endpoint });
  device.session.start();
  await eventually('a second attempt', () => device.order.filter((name) => name === 'connecting').length > 1);
  const lost = device.states.filter(({ state }) => state === 'waiting');
  expect(lost[0]?.why).toBe('lost');
  expect((device.states[2]?.at ?? 0) - (lost[0]?.at ?? 0)).toBeGreaterThanOrEqual(490);
});

test('a device nobody paired in time does not come back after its connection is lost', async () => {
  let pairingUntil = Date.now() + 60_000;
  const cable = await scene.cable();
  const [device] = await showingCode({ endpoint: cable.endpoint, pairingUntil: () => pairingUntil });
  pairingUntil = Date.now() - 1;
  cable.cut();
  await eventually('the session ends', () => device.session.state === 'ended');
  expect(device.states.at(-1)).toMatchObject({ state: 'ended', why: 'pairing-ended' });
});
