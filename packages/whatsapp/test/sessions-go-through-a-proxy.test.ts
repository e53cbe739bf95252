import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { BlockedAddressError } from '@pombo/guard';
import { eventually, testConfig } from '@pombo/testing';
import { parseProxyUrl } from '@pombo/contracts';
import { createEndpoint } from '@pombo/whatsapp';
import { createScene, freshNumber } from './scene.js';
import { startHttpProxy, startSocksProxy } from './test-proxy.js';

const scene = createScene();
const portOf = (url: string) => new URL(url).port;

test.each([
  ['an HTTP proxy', startHttpProxy],
  ['a SOCKS proxy', startSocksProxy],
])('socket and uploads both go through %s, which is shown its password', async (_name, startProxy) => {
  const proxy = await startProxy();
  scene.onEnd(() => proxy.close());
  const endpoint = scene.endpoint.through(proxy.url);
  scene.onEnd(() => endpoint.close());
  const device = await scene.device({ endpoint });
  await device.sendText(freshNumber());
  expect(proxy.tunnels.map((tunnel) => tunnel.split(':')[1])).toEqual([portOf(scene.sandbox.whatsappUrl)]);
  await device.session.upload(randomBytes(1_000), 'image');
  expect(proxy.tunnels[1]?.split(':')[1]).toBe(portOf(`https://${scene.sandbox.mediaHost}`));
  expect(proxy.refused()).toBe(0);
});

test('a proxy that refuses the password leaves the session without a connection, not without the proxy', async () => {
  const proxy = await startHttpProxy();
  scene.onEnd(() => proxy.close());
  const wrong = new URL(proxy.url);
  wrong.password = 'wrong';
  const endpoint = scene.endpoint.through(wrong);
  scene.onEnd(() => endpoint.close());
  const session = await scene.open({ endpoint, auth: await scene.pairedStore() });
  session.session.start();
  await eventually('the proxy refuses', () => proxy.refused() > 0);
  await eventually('the session waits', () => session.session.state === 'waiting');
  expect(scene.sandbox.counters().connections.opened).toBe(0);
});

test('a proxy inside the operator’s network is refused unless it is allowed', () => {
  const endpoint = createEndpoint(testConfig({ SANDBOX_MODE: 'false', SESSION_ENCRYPTION_KEY: 'ab'.repeat(32) }));
  scene.onEnd(() => endpoint.close());
  for (const inward of [
    'http://127.0.0.1:3128',
    'socks5://[::1]:1080',
    'http://169.254.169.254',
    'http://10.0.0.1:1',
  ]) {
    expect(() => endpoint.through(new URL(inward))).toThrow(BlockedAddressError);
  }
});

test.each(['ftp://host:21', 'proxy.example:3128', 'socks5://', 'http://', ''])('"%s" is no proxy', (text) => {
  expect(() => parseProxyUrl(text)).toThrow('proxy must be a URL');
});
