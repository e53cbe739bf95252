import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { shardOfDevice } from '@pombo/contracts';
import { createMetrics, silentLogger } from '@pombo/runtime';
import { createLeases } from '@pombo/store';
import { openTestStore, testConfig, type TestStore } from '@pombo/testing';
import { createConnectSlots, createEndpoint } from '@pombo/whatsapp';
import { createLeftoverSlots } from '../src/receiving/inbound-media.js';
import { openOwnedDevice, type OwnedDeviceOptions } from '../src/devices/owned-device.js';

let context: TestStore;
beforeAll(async () => {
  context = await openTestStore();
});
afterAll(() => context.close());

test('a device whose last owner died between forgetting its credentials and saying so is logged out', async () => {
  const { store, redis, config } = context;
  const { id } = await store.devices.create('ten_a', 'phone');
  await store.devices.report(id, { paired: true, jid: '5511999990000:3@s.whatsapp.net', phone: '5511999990000' });
  const lease = await createLeases(redis, store.keys, 'worker-1').claim(id);
  const device = await store.devices.read(id);
  // Nobody is there: it would wait for a connection for ever.
  const endpoint = createEndpoint(testConfig({ WHATSAPP_URL: 'ws://127.0.0.1:1/ws/chat' }));
  const owned = await openOwnedDevice({
    ...{ store, config, lease, device, endpoint, logger: silentLogger },
    ...{
      connectSlots: createConnectSlots(1),
      leftoverSlots: createLeftoverSlots(),
      metrics: createMetrics('test'),
      redisBackAt: () => 0,
    },
  } as Partial<OwnedDeviceOptions> as OwnedDeviceOptions);
  expect(await owned.ended).toEqual({ final: true });
  await owned.stop(0);
  await endpoint.close();
  const left = await store.devices.read(id);
  expect(left).toMatchObject({ paired: false, state: 'logged_out' });
  expect(left?.phone).toBeUndefined();
  const events = await store.outbox.read(shardOfDevice(id), 10);
  expect(events.map(({ event }) => event)).toEqual(['device.logged_out']);
});
