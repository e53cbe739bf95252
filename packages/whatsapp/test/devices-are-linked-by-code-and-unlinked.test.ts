import { expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { NotConnectedError } from '@pombo/whatsapp';
import { createScene, freshNumber } from './scene.js';

const scene = createScene();

test('a code typed into the phone pairs the device', async () => {
  const phone = '5511987650011';
  const device = await scene.open();
  await expect(device.session.requestPairingCode(phone)).rejects.toThrow(NotConnectedError);
  device.session.start();
  await eventually('it shows codes', () => device.codes[0]);
  const code = await device.session.requestPairingCode(phone);
  expect(code).toMatch(/^[1-9A-HJ-NP-TV-Z]{8}$/);
  // Asking is a write: the server may not have read it yet.
  const paired = await eventually('the code is typed', () =>
    scene.sandbox.pairCode(phone, code).catch(() => undefined),
  );
  await device.whenConnected();
  expect(device.connected[0]).toMatchObject({ jid: paired.jid, phone });
  await device.sendText(freshNumber());
});

test('a code nobody typed does not keep the device from showing others after a lost connection', async () => {
  const cable = await scene.cable();
  const device = await scene.open({ endpoint: cable.endpoint });
  device.session.start();
  await eventually('it shows codes', () => device.codes[0]);
  await device.session.requestPairingCode('5511987650012');
  cable.cut();
  const next = await eventually('it shows a code again', () => device.codes[1]);
  const paired = await scene.sandbox.pairQr(next.qr, { phone: '5511987650013' });
  await device.whenConnected();
  expect(device.connected[0]?.jid).toBe(paired.jid);
});

test('logging out unlinks the device at WhatsApp and forgets its credentials', async () => {
  const device = await scene.device();
  await device.session.logOut();
  await eventually('the session ends', () => device.session.state === 'ended');
  expect(device.order).toContain('logged out');
  expect(device.states.at(-1)).toMatchObject({ state: 'ended', why: 'logged-out' });
  await eventually('WhatsApp knows it no more', () =>
    scene.sandbox.devices().every(({ jid }) => jid !== device.connected[0]?.jid),
  );
  await expect(device.session.logOut()).rejects.toThrow(NotConnectedError);
});
