import { test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { createScene, freshId, freshNumber } from './scene.js';

const scene = createScene();

test('a receipt that was not recorded is told again after the next login, one that was is not', async () => {
  const [lost, kept] = [freshId(), freshId()];
  const refused: string[] = [];
  const device = await scene.device();
  const { receipt } = device.reports;
  device.reports.receipt = async (heard) => {
    if (!heard.messageIds.includes(lost)) return receipt(heard);
    refused.push(...heard.messageIds);
    return Promise.reject(new Error('nobody could write it down'));
  };
  await device.sendText(freshNumber(), lost);
  await device.sendText(freshNumber(), kept);
  const has = ({ receipts }: typeof device, id: string) => receipts.some(({ messageIds }) => messageIds.includes(id));
  await eventually('both receipts come', () => refused.includes(lost) && has(device, kept));
  await device.session.stop();

  const next = await scene.device({ auth: device.auth.successor() });
  await eventually('it comes again', () => has(next, lost));
});
