import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createAddressGuard, type Resolver } from '@pombo/guard';
import { createMediaFetcher, type MediaFetcher } from '../src/index.js';
import { failureOf } from './failure.js';
import { closeMediaHosts, startMediaHost, type MediaHost } from './media-host.js';

const LIMITS = { maxBytes: 1_000_000, timeoutMs: 5_000 };

/** What a hostile DNS server would answer. */
const HOSTILE_NAMES: Record<string, string[]> = {
  'loopback.test': ['127.0.0.1'],
  'loopback6.test': ['::1'],
  'mapped.test': ['::ffff:127.0.0.1'],
  'nat64.test': ['64:ff9b::7f00:1'],
  'private10.test': ['10.0.0.5'],
  'private172.test': ['172.16.3.4'],
  'private192.test': ['192.168.1.1'],
  'metadata.test': ['169.254.169.254'],
  'metadata6.test': ['fd00:ec2::254'],
  'mixed.test': ['93.184.216.34', '127.0.0.1'],
  'mixed6.test': ['2606:2800:220:1::1', '::1'],
  'zone.test': ['fe80::1%lo'],
  'garbage.test': ['not an address'],
  localhost: ['127.0.0.1'],
  'localhost.': ['127.0.0.1'],
};

const resolver: Resolver = (hostname) =>
  Promise.resolve(
    (HOSTILE_NAMES[hostname] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  );

/** `PORT` is the port somebody really listens at, on loopback in both families. */
const HOSTILE_URLS = [
  // Loopback, every way to write it
  'http://127.0.0.1:PORT/',
  'http://127.0.0.2:PORT/',
  'http://127.255.255.254:PORT/',
  'http://127.1:PORT/',
  'http://127.0.1:PORT/',
  'http://2130706433:PORT/',
  'http://017700000001:PORT/',
  'http://0x7f000001:PORT/',
  'http://0x7f.0.0.1:PORT/',
  'http://0177.0.0.1:PORT/',
  'http://0177.0x0.0.01:PORT/',
  'http://127.0.0.1.:PORT/',
  'http://%31%32%37.0.0.1:PORT/',
  'http://127%2e0%2e0%2e1:PORT/',
  'http://①②⑦.⓪.⓪.①:PORT/',
  'http://127。0。0。1:PORT/',
  'http:127.0.0.1:PORT/',
  'http:/127.0.0.1:PORT/',
  'http:\\\\127.0.0.1:PORT\\',
  'http:///127.0.0.1:PORT/',
  'ht\ntp://127.0.0.1:PORT/',
  ' http://127.0.0.1:PORT/ ',
  'HTTP://127.0.0.1:PORT/',
  'https://127.0.0.1:PORT/',
  'http://localhost:PORT/',
  'http://LOCALHOST:PORT/',
  'http://localhost.:PORT/',
  // "This network"
  'http://0:PORT/',
  'http://0.0.0.0:PORT/',
  'http://0.1.2.3:PORT/',
  // IPv6 loopback, unspecified, and IPv4 in disguise
  'http://[::1]:PORT/',
  'http://[0:0:0:0:0:0:0:1]:PORT/',
  'http://[::]:PORT/',
  'http://[::ffff:127.0.0.1]:PORT/',
  'http://[::ffff:7f00:1]:PORT/',
  'http://[0:0:0:0:0:ffff:7f00:1]:PORT/',
  'http://[::ffff:8.8.8.8]:PORT/',
  'http://[::127.0.0.1]:PORT/',
  'http://[::ffff:0:127.0.0.1]:PORT/',
  'http://[64:ff9b::7f00:1]:PORT/',
  'http://[64:ff9b::8.8.8.8]:PORT/',
  'http://[64:ff9b:1::7f00:1]:PORT/',
  'http://[2002:7f00:1::]:PORT/',
  'http://[2002:808:808::]:PORT/',
  'http://[2001:0:4136:e378:8000:63bf:80ff:fffe]:PORT/',
  'http://[fe80::1]:PORT/',
  'http://[fe80::1%25lo]:PORT/',
  'http://[fe80::1%lo]:PORT/',
  'http://[::1%25lo]:PORT/',
  'http://[fc00::1]:PORT/',
  'http://[fd12:3456:789a::1]:PORT/',
  'http://[fd00:ec2::254]/latest/meta-data/',
  'http://[fec0::1]:PORT/',
  'http://[ff02::1]:PORT/',
  'http://[100::1]:PORT/',
  'http://[2001:db8::1]:PORT/',
  'http://[3fff::1]:PORT/',
  'http://[2001:2::1]:PORT/',
  'http://[4000::1]:PORT/',
  'http://[5f00::1]:PORT/',
  // Metadata services
  'http://169.254.169.254/latest/meta-data/',
  'http://2852039166/latest/meta-data/',
  'http://0xa9fea9fe/',
  'http://0251.0376.0251.0376/',
  'http://[::ffff:169.254.169.254]/',
  'http://169.254.170.2/v2/credentials',
  'http://100.100.100.200/latest/meta-data/',
  // Private and special IPv4
  'http://10.0.0.1:PORT/',
  'http://10.255.255.255:PORT/',
  'http://172.16.0.1:PORT/',
  'http://172.31.255.255:PORT/',
  'http://192.168.0.1:PORT/',
  'http://100.64.0.1:PORT/',
  'http://100.127.255.255:PORT/',
  'http://192.0.0.8:PORT/',
  'http://192.0.2.1:PORT/',
  'http://192.88.99.1:PORT/',
  'http://198.18.0.1:PORT/',
  'http://198.51.100.1:PORT/',
  'http://203.0.113.1:PORT/',
  'http://224.0.0.1:PORT/',
  'http://240.0.0.1:PORT/',
  'http://255.255.255.255:PORT/',
  // Names
  'http://loopback.test:PORT/',
  'http://loopback6.test:PORT/',
  'http://mapped.test:PORT/',
  'http://nat64.test:PORT/',
  'http://private10.test:PORT/',
  'http://private172.test:PORT/',
  'http://private192.test:PORT/',
  'http://metadata.test/',
  'http://metadata6.test/',
  'http://mixed.test:PORT/',
  'http://mixed6.test:PORT/',
  'http://zone.test:PORT/',
  'http://garbage.test:PORT/',
  'https://loopback.test:PORT/',
  // User names that look like hosts
  'http://93.184.216.34@127.0.0.1:PORT/',
  'http://cdn.example@127.0.0.1:PORT/',
  'http://user:secret@93.184.216.34:PORT/',
  'http://user@loopback.test:PORT/',
  'http://127.0.0.1:PORT\\@93.184.216.34/',
  'http://:@127.0.0.1:PORT/',
  // Other schemes, and no URL at all
  'file:///etc/passwd',
  'file://127.0.0.1/etc/passwd',
  'ftp://127.0.0.1:PORT/',
  'gopher://127.0.0.1:PORT/_GET%20/',
  'dict://127.0.0.1:PORT/info',
  'ldap://127.0.0.1:PORT/',
  'data:image/png;base64,iVBORw0KGgo=',
  'javascript:alert(1)',
  'blob:http://127.0.0.1:PORT/x',
  'ws://127.0.0.1:PORT/',
  'unix:/var/run/docker.sock',
  '//127.0.0.1:PORT/',
  '127.0.0.1:PORT',
  '/etc/passwd',
  'http://',
  'http://[::1/',
  'http://127.0.0.1:99999/',
  'http://256.256.256.256/',
  '',
];

let fetcher: MediaFetcher;
let listeners: MediaHost[];

beforeEach(async () => {
  fetcher = createMediaFetcher({ allowHosts: [], connectTimeoutMs: 2_000, resolver });
  const onLoopback = await startMediaHost((_request, response) => response.end('secret'));
  const onLoopback6 = await startMediaHost((_request, response) => response.end('secret'), '::1', onLoopback.port);
  listeners = [onLoopback, onLoopback6];
});
afterEach(async () => {
  await fetcher.close();
  await closeMediaHosts();
});

describe('a URL that leads inside is refused before a connection is made', () => {
  test.each(HOSTILE_URLS)('%j', async (template) => {
    const url = template.replace('PORT', String(listeners[0]?.port));
    const failure = await failureOf(fetcher.fetchMedia(url, LIMITS));
    expect(failure.code).toBe('MEDIA_BLOCKED');
    expect(failure.retryable).toBe(false);
    expect(failure.message).not.toMatch(/secret|passwd|meta-data/);
    expect(listeners.map((listener) => listener.connections())).toEqual([0, 0]);
  });

  test('the table is long enough to mean something', () => {
    expect(new Set(HOSTILE_URLS).size).toBeGreaterThanOrEqual(100);
  });
});

describe('a redirect that leads inside is refused', () => {
  const redirectingTo = (location: string, statusCode = 302) =>
    startMediaHost((_request, response) => response.writeHead(statusCode, { location }).end(), '127.0.0.2');

  const guarded = () => createMediaFetcher({ allowHosts: ['127.0.0.2'], connectTimeoutMs: 2_000, resolver });

  test.each([
    ['http://127.0.0.1:PORT/'],
    ['//127.0.0.1:PORT/'],
    ['\\\\127.0.0.1:PORT/'],
    ['http://[::1]:PORT/'],
    ['http://2130706433:PORT/'],
    ['http://[::ffff:7f00:1]:PORT/'],
    ['http://loopback.test:PORT/'],
    ['http://mixed.test:PORT/'],
    ['http://169.254.169.254/latest/meta-data/'],
    ['http://user:secret@127.0.0.2/'],
    ['file:///etc/passwd'],
    ['gopher://127.0.0.1:PORT/'],
    ['ftp://127.0.0.2/'],
    ['http://['],
  ])('%j', async (location) => {
    fetcher = guarded();
    const first = await redirectingTo(location.replace('PORT', String(listeners[0]?.port)));
    const failure = await failureOf(fetcher.fetchMedia(first.origin, LIMITS));
    expect(failure.code).toBe('MEDIA_BLOCKED');
    expect(first.connections()).toBe(1);
    expect(listeners.map((listener) => listener.connections())).toEqual([0, 0]);
  });

  test.each([301, 302, 303, 307, 308])('with status %i', async (statusCode) => {
    fetcher = guarded();
    const first = await redirectingTo(listeners[0]?.origin ?? '', statusCode);
    expect((await failureOf(fetcher.fetchMedia(first.origin, LIMITS))).code).toBe('MEDIA_BLOCKED');
    expect(listeners[0]?.connections()).toBe(0);
  });
});

describe('a name whose answer changes', () => {
  /** Answers the allowed address first, then the forbidden one. */
  function rebindingResolver(): Resolver & { asked: number } {
    const answer = Object.assign(
      () => {
        answer.asked += 1;
        return Promise.resolve([{ address: answer.asked === 1 ? '127.0.0.2' : '127.0.0.1', family: 4 }]);
      },
      { asked: 0 },
    );
    return answer;
  }

  test('is resolved once per connection, and that answer is the one connected to', async () => {
    const rebinding = rebindingResolver();
    fetcher = createMediaFetcher({ allowHosts: ['127.0.0.2'], connectTimeoutMs: 2_000, resolver: rebinding });
    const port = listeners[0]?.port ?? 0;
    const allowed = await startMediaHost((_request, response) => response.end('allowed'), '127.0.0.2', port);
    const { bytes } = await fetcher.fetchMedia(`http://rebind.test:${port}/`, LIMITS);
    expect(bytes.toString()).toBe('allowed');
    expect(rebinding.asked).toBe(1);
    expect(allowed.connections()).toBe(1);
    expect(listeners[0]?.connections()).toBe(0);
  });

  test('is refused when the next connection resolves inside', async () => {
    const rebinding = rebindingResolver();
    fetcher = createMediaFetcher({ allowHosts: ['127.0.0.2'], connectTimeoutMs: 2_000, resolver: rebinding });
    const port = listeners[0]?.port ?? 0;
    await startMediaHost(
      (_request, response) => response.writeHead(302, { location: '/again', connection: 'close' }).end(),
      '127.0.0.2',
      port,
    );
    const failure = await failureOf(fetcher.fetchMedia(`http://rebind.test:${port}/`, LIMITS));
    expect(failure.code).toBe('MEDIA_BLOCKED');
    expect(rebinding.asked).toBe(2);
    expect(listeners[0]?.connections()).toBe(0);
  });
});

describe('the allow list', () => {
  test.each([
    ['127.0.0.1', 'http://127.0.0.1:PORT/'],
    ['127.0.0.0/8', 'http://127.0.0.1:PORT/'],
    ['127.0.0.1', 'http://[::ffff:127.0.0.1]:PORT/'],
    ['127.0.0.1', 'http://loopback.test:PORT/'],
    ['127.0.0.1', 'http://0x7f.1:PORT/'],
    ['::1', 'http://[::1]:PORT/'],
    ['[::1]', 'http://[::1]:PORT/'],
    ['::/127', 'http://loopback6.test:PORT/'],
    ['loopback.test', 'http://loopback.test:PORT/'],
    ['LOOPBACK.test.', 'http://Loopback.TEST:PORT/'],
    ['localhost', 'http://localhost:PORT/'],
    ['localhost', 'http://localhost.:PORT/'],
  ])('%s lets through %s', async (entry, template) => {
    fetcher = createMediaFetcher({ allowHosts: [entry], connectTimeoutMs: 2_000, resolver });
    const url = template.replace('PORT', String(listeners[0]?.port));
    expect((await fetcher.fetchMedia(url, LIMITS)).bytes.toString()).toBe('secret');
  });

  test.each([
    ['127.0.0.2', '127.0.0.1'],
    ['loopback.test', '127.0.0.1'],
    ['10.0.0.0/8', '11.0.0.1 through NAT64', '64:ff9b::7f00:1'],
    ['64:ff9b::/96', 'loopback through NAT64', '64:ff9b::7f00:1'],
    ['::/0', 'mapped loopback', '::ffff:127.0.0.1'],
    ['2002::/16', '6to4 of a private address', '2002:a00:1::1'],
  ])('%s does not let through %s', (entry, _what, address = _what) => {
    expect(createAddressGuard([entry]).isAllowed(address)).toBe(false);
  });

  test.each([
    ['64:ff9b::/96', '64:ff9b::808:808'],
    ['64:ff9b::/96', '8.8.8.8'],
    ['10.0.0.0/8', '64:ff9b::a00:1'],
    ['fd00::/8', 'fd00:ec2::254'],
  ])('%s lets through %s', (entry, address) => {
    expect(createAddressGuard([entry]).isAllowed(address)).toBe(true);
  });

  test('a listed name allows what it resolves to under that name only', () => {
    const guard = createAddressGuard(['cdn.internal']);
    expect(guard.isAllowed('10.1.2.3', 'cdn.internal')).toBe(true);
    expect(guard.isAllowed('10.1.2.3', 'www.cdn.internal')).toBe(false);
    expect(guard.isAllowed('10.1.2.3')).toBe(false);
  });

  test.each([
    '8.8.8.8',
    '1.1.1.1',
    '93.184.216.34',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700:4700::1111',
    '2a00:1450::1',
  ])('%s needs no entry', (address) => {
    expect(createAddressGuard([]).isAllowed(address)).toBe(true);
  });

  test.each([
    '',
    'http://x',
    'a b',
    '10.0.0.0/33',
    '10/8',
    '::/129',
    'host:80',
    'user@host',
    'host/path',
    '*.internal',
    '0x7f.1',
  ])('an entry that is none of the three is refused: %j', (entry) => {
    expect(() => createAddressGuard([entry])).toThrow(TypeError);
  });
});

describe('the guard for connections made elsewhere', () => {
  const lookup = (hostname: string, all: boolean) =>
    new Promise<unknown>((resolve) =>
      createAddressGuard(['127.0.0.1'], { resolver }).lookup(hostname, { all }, (error, address, family) =>
        resolve(error ?? [address, family]),
      ),
    );

  test('answers one address or all, as Node asks', async () => {
    expect(await lookup('loopback.test', false)).toEqual(['127.0.0.1', 4]);
    expect(await lookup('loopback.test', true)).toEqual([[{ address: '127.0.0.1', family: 4 }], undefined]);
  });

  test('names the host in its error, and keeps the address for the log', async () => {
    expect(await lookup('metadata.test', true)).toMatchObject({
      name: 'BlockedAddressError',
      message: 'metadata.test is not on the public internet',
      address: '169.254.169.254',
    });
  });

  test('a name without an address is unknown', async () => {
    expect(await lookup('nobody.test', true)).toMatchObject({ code: 'ENOTFOUND' });
  });
});

afterAll(closeMediaHosts);
