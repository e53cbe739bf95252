import { createHash, randomBytes } from 'node:crypto';
import type { RequestListener, ServerResponse } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createDirectoryBlobStore, createMediaFetcher, sniffMedia, type MediaFetcher } from '../src/index.js';
import { failureOf, until } from './failure.js';
import { closeMediaHosts, startMediaHost, startRawHost, type MediaHost } from './media-host.js';

const LIMITS = { maxBytes: 100_000, timeoutMs: 5_000 };

let fetcher: MediaFetcher;
beforeEach(() => {
  fetcher = createMediaFetcher({ allowHosts: ['127.0.0.1'], connectTimeoutMs: 2_000 });
});
afterEach(async () => {
  await fetcher.close();
  await closeMediaHosts();
});

const fetchFrom = (host: MediaHost, path = '/') => fetcher.fetchMedia(host.origin + path, LIMITS);

async function failureFrom(listener: RequestListener) {
  const host = await startMediaHost(listener);
  return failureOf(fetchFrom(host));
}

/** For a host that would go on sending: the connection must be closed. */
async function failureFromEndless(listener: RequestListener) {
  const host = await startMediaHost(listener);
  const failure = await failureOf(fetchFrom(host));
  await until(() => host.open() === 0);
  return failure;
}

describe('a download', () => {
  test('answers bytes, type, size, time and where it ended', async () => {
    const content = randomBytes(50_000);
    const host = await startMediaHost((_request, response) =>
      response.writeHead(200, { 'content-type': 'Image/PNG; charset=binary' }).end(content),
    );
    const media = await fetchFrom(host, '/a.png?x=1#part');
    expect(media).toMatchObject({ contentType: 'image/png', sizeBytes: 50_000, finalUrl: `${host.origin}/a.png?x=1` });
    expect(media.bytes.equals(content)).toBe(true);
    expect(media.downloadTimeMs).toBeGreaterThanOrEqual(0);
  });

  test('sends nothing of the client along, and asks for no compression', async () => {
    let headers: NodeJS.Dict<string | string[]> = {};
    const host = await startMediaHost((request, response) => {
      headers = request.headers;
      response.writeHead(200, { 'set-cookie': 'a=b' }).end('x');
    });
    await fetchFrom(host);
    await fetchFrom(host);
    expect(headers['accept-encoding']).toBe('identity');
    expect(Object.keys(headers).sort()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent']);
  });

  test('reuses connections', async () => {
    const host = await startMediaHost((_request, response) => response.end('x'));
    for (let round = 0; round < 20; round++) await fetchFrom(host);
    // undici opens a second one when asked again in the very tick the first became free.
    expect(host.connections()).toBeLessThanOrEqual(2);
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('is decoded when the host compresses anyway: %s', async (encoding, compress) => {
    const host = await startMediaHost((_request, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(compress(Buffer.from('plain'))),
    );
    expect((await fetchFrom(host)).bytes.toString()).toBe('plain');
  });

  test('into a blob store is stored without being held', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'pombo-media-'));
    const store = createDirectoryBlobStore({ dir });
    const content = randomBytes(90_000);
    const host = await startMediaHost((_request, response) => response.end(content));
    const media = await fetcher.fetchMediaInto((body) => store.put(body), host.origin, LIMITS);
    expect(media).toMatchObject({ sizeBytes: 90_000, sha256: createHash('sha256').update(content).digest('hex') });
    expect((await store.get(media.sha256)).equals(content)).toBe(true);
    await rm(dir, { recursive: true });
  });

  test('into a store that fails keeps the failure of the store and closes the connection', async () => {
    const host = await startMediaHost((_request, response) => response.write(randomBytes(10_000)));
    const broken = () => Promise.reject(new TypeError('no store'));
    await expect(fetcher.fetchMediaInto(broken, host.origin, LIMITS)).rejects.toThrow('no store');
    await until(() => host.open() === 0);
  });

  test('of an HTML page succeeds here; its content gives it away', async () => {
    const host = await startMediaHost((_request, response) => response.end('<!DOCTYPE html><html><body>Log in'));
    expect(await sniffMedia((await fetchFrom(host)).bytes)).toEqual({ mimeType: 'text/html', extension: 'html' });
  });
});

describe('a redirect', () => {
  test('is followed, relative ones too', async () => {
    const host = await startMediaHost((request, response) => {
      if (request.url === '/end') response.end('there');
      else response.writeHead(302, { location: 'end' }).end();
    });
    const media = await fetchFrom(host, '/start');
    expect(media.bytes.toString()).toBe('there');
    expect(media.finalUrl).toBe(`${host.origin}/end`);
  });

  const redirectTimes =
    (times: number): RequestListener =>
    (request, response) => {
      const hop = Number(request.url?.slice(1));
      if (hop >= times) response.end('there');
      else response.writeHead(302, { location: `/${hop + 1}` }).end();
    };

  test('is followed five times', async () => {
    const host = await startMediaHost(redirectTimes(5));
    expect((await fetchFrom(host, '/0')).bytes.toString()).toBe('there');
  });

  test('is not followed a sixth time', async () => {
    const host = await startMediaHost(redirectTimes(6));
    const failure = await failureOf(fetchFrom(host, '/0'));
    expect(failure).toMatchObject({ code: 'MEDIA_DOWNLOAD_FAILED', retryable: false });
  });

  test('to itself ends', async () => {
    const failure = await failureFrom((_request, response) => response.writeHead(302, { location: '/' }).end());
    expect(failure.code).toBe('MEDIA_DOWNLOAD_FAILED');
  });

  test('without a location is a failure', async () => {
    const failure = await failureFrom((_request, response) => response.writeHead(302).end());
    expect(failure).toMatchObject({ code: 'MEDIA_DOWNLOAD_FAILED', retryable: false });
  });

  test('never reads the body that came with it', async () => {
    const host = await startMediaHost((request, response) => {
      if (request.url === '/end') response.end('there');
      else endless(response.writeHead(302, { location: '/end' }));
    });
    expect((await fetchFrom(host)).bytes.toString()).toBe('there');
  });
});

function endless(response: ServerResponse): void {
  const chunk = randomBytes(16_384);
  const more = () => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
}

describe('a body above the limit', () => {
  test('is not read when the host declares it', async () => {
    let written = 0;
    const failure = await failureFromEndless((_request, response) => {
      response.writeHead(200, { 'content-length': 100_001 }).flushHeaders();
      written = response.socket?.bytesWritten ?? 0;
    });
    expect(failure).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', retryable: false });
    expect(written).toBeLessThan(1_000);
  });

  test('is cut off when it is not declared', async () => {
    const failure = await failureFromEndless((_request, response) => endless(response));
    expect(failure.code).toBe('PAYLOAD_TOO_LARGE');
  });

  test('is cut off by its decoded size', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    expect(bomb.length).toBeLessThan(LIMITS.maxBytes);
    const failure = await failureFrom((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': bomb.length }).end(bomb),
    );
    expect(failure.code).toBe('PAYLOAD_TOO_LARGE');
  });

  test.each(['declared', 'chunked'])('starts one byte above it: %s', async (how) => {
    const host = await startMediaHost((request, response) => {
      const body = Buffer.alloc(Number(request.url?.slice(1)), 1);
      if (how === 'declared') response.setHeader('content-length', body.length);
      else response.write(body.subarray(0, 10));
      response.end(how === 'declared' ? body : body.subarray(10));
    });
    expect((await fetchFrom(host, '/100000')).sizeBytes).toBe(100_000);
    expect((await failureOf(fetchFrom(host, '/100001'))).code).toBe('PAYLOAD_TOO_LARGE');
  });
});

describe('a host that fails', () => {
  test.each([
    [400, false],
    [401, false],
    [403, false],
    [404, false],
    [408, true],
    [410, false],
    [418, false],
    [425, true],
    [429, true],
    [500, true],
    [502, true],
    [503, true],
    [504, true],
    [206, false],
    [304, false],
  ])('with status %i: retryable %s', async (status, retryable) => {
    const failure = await failureFrom((_request, response) => response.writeHead(status).end());
    expect(failure).toMatchObject({ code: 'MEDIA_DOWNLOAD_FAILED', retryable });
    expect(failure.message).toContain(String(status));
  });

  test('and sends an endless page with it', async () => {
    const failure = await failureFromEndless((_request, response) => endless(response.writeHead(404)));
    expect(failure.code).toBe('MEDIA_DOWNLOAD_FAILED');
  });

  test('and says when to come back is believed', async () => {
    const failure = await failureFrom((_request, response) => response.writeHead(503, { 'retry-after': '7' }).end());
    expect(failure.retryAfterSeconds).toBe(7);
  });

  test('and never echoes the query', async () => {
    const host = await startMediaHost((_request, response) => response.writeHead(404).end());
    const failure = await failureOf(fetchFrom(host, '/private?token=hush'));
    expect(failure.message).toBe(`The media host 127.0.0.1:${host.port} answered with status 404.`);
  });

  test('with an empty body', async () => {
    const failure = await failureFrom((_request, response) => response.end());
    expect(failure).toMatchObject({ code: 'MEDIA_INVALID', retryable: false });
  });

  test('with an encoding nobody asked for', async () => {
    const failure = await failureFrom((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'zstd, gzip' }).end('x'),
    );
    expect(failure).toMatchObject({ code: 'MEDIA_DOWNLOAD_FAILED', retryable: false });
  });

  test('with damaged compression', async () => {
    const failure = await failureFrom((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('this is not gzip'),
    );
    expect(failure).toMatchObject({ code: 'MEDIA_DOWNLOAD_FAILED', retryable: false });
  });

  test('by refusing the connection', async () => {
    const host = await startMediaHost((_request, response) => response.end());
    await host.close();
    const failure = await failureOf(fetchFrom(host));
    expect(failure).toMatchObject({ code: 'MEDIA_DOWNLOAD_FAILED', retryable: true });
    expect(failure.message).toContain('ECONNREFUSED');
    expect(failure.cause).toBeDefined();
  });

  test('by resetting the connection', async () => {
    const host = await startRawHost((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await failureOf(fetchFrom(host))).toMatchObject({ code: 'MEDIA_DOWNLOAD_FAILED', retryable: true });
  });

  test('by not speaking HTTP', async () => {
    const host = await startRawHost((socket) => socket.once('data', () => socket.end('220 mail ready\r\n')));
    expect(await failureOf(fetchFrom(host))).toMatchObject({ code: 'MEDIA_DOWNLOAD_FAILED', retryable: false });
  });

  test.each([
    ['of a declared length', 'content-length: 1000\r\n\r\nhalf'],
    ['in chunks', 'transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('by closing in the middle of a body %s', async (_how, rest) => {
    const host = await startRawHost((socket) => socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\n${rest}`)));
    expect(await failureOf(fetchFrom(host))).toMatchObject({ code: 'MEDIA_DOWNLOAD_FAILED', retryable: true });
  });

  test('by having a name that does not exist', async () => {
    const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    fetcher = createMediaFetcher({ allowHosts: [], connectTimeoutMs: 500, resolver: () => Promise.reject(unknown) });
    const failure = await failureOf(fetcher.fetchMedia('http://nobody.test/', LIMITS));
    expect(failure).toMatchObject({ code: 'MEDIA_DOWNLOAD_FAILED', retryable: false, cause: unknown });
  });

  test('by a name server that does not answer', async () => {
    const away = Object.assign(new Error('getaddrinfo EAI_AGAIN'), { code: 'EAI_AGAIN' });
    fetcher = createMediaFetcher({ allowHosts: [], connectTimeoutMs: 500, resolver: () => Promise.reject(away) });
    expect((await failureOf(fetcher.fetchMedia('http://nobody.test/', LIMITS))).retryable).toBe(true);
  });
});

describe('a host that stalls is given up', () => {
  const TIGHT = { maxBytes: 100_000, timeoutMs: 150 };

  async function failureOfStalled(listener: RequestListener) {
    const host = await startMediaHost(listener);
    const failure = await failureOf(fetcher.fetchMedia(host.origin, TIGHT));
    await until(() => host.open() === 0);
    return failure;
  }

  test('when it never answers', async () => {
    const failure = await failureOfStalled(() => undefined);
    expect(failure).toMatchObject({ code: 'MEDIA_DOWNLOAD_FAILED', retryable: true });
    expect(failure.message).toMatch(/took longer than 0.15 s/);
  });

  test('when it stops in the middle of the body', async () => {
    const failure = await failureOfStalled((_request, response) => {
      response.writeHead(200, { 'content-length': 1_000 }).write('half');
    });
    expect(failure).toMatchObject({ code: 'MEDIA_DOWNLOAD_FAILED', retryable: true });
  });

  test('when it drips', async () => {
    const failure = await failureOfStalled((_request, response) => {
      const drip = setInterval(() => response.write('.'), 10);
      response.on('close', () => clearInterval(drip));
    });
    expect(failure.message).toMatch(/took longer/);
  });

  test('when every hop of a redirect is slow', async () => {
    const host = await startMediaHost((_request, response) => {
      setTimeout(() => response.writeHead(302, { location: '/' }).end(), 60);
    });
    const failure = await failureOf(fetcher.fetchMedia(host.origin, TIGHT));
    expect(failure.message).toMatch(/took longer/);
  });

  test('when its name never resolves', async () => {
    const silent = () => new Promise<never>(() => undefined);
    fetcher = createMediaFetcher({ allowHosts: [], connectTimeoutMs: 60_000, resolver: silent });
    const failure = await failureOf(fetcher.fetchMedia('http://silent.test/', TIGHT));
    expect(failure).toMatchObject({ code: 'MEDIA_DOWNLOAD_FAILED', retryable: true });
  });

  test('when connecting takes longer than it may', async () => {
    const silent = () => new Promise<never>(() => undefined);
    fetcher = createMediaFetcher({ allowHosts: [], connectTimeoutMs: 50, resolver: silent });
    const failure = await failureOf(fetcher.fetchMedia('http://silent.test/', { ...LIMITS, timeoutMs: 20_000 }));
    expect(failure).toMatchObject({ code: 'MEDIA_DOWNLOAD_FAILED', retryable: true });
    expect(failure.message).toContain('UND_ERR_CONNECT_TIMEOUT');
  });
});

describe('a caller that no longer wants it', () => {
  test('stops a running download', async () => {
    const host = await startMediaHost((_request, response) => void response.write('half'));
    const controller = new AbortController();
    const failing = failureOf(fetcher.fetchMedia(host.origin, { ...LIMITS, signal: controller.signal }));
    await until(() => host.open() === 1);
    controller.abort(new Error('lease lost'));
    expect(await failing).toMatchObject({
      code: 'MEDIA_DOWNLOAD_FAILED',
      retryable: true,
      cause: new Error('lease lost'),
    });
    await until(() => host.open() === 0);
  });

  test('before it began makes no connection', async () => {
    const host = await startMediaHost((_request, response) => response.end('x'));
    await failureOf(fetcher.fetchMedia(host.origin, { ...LIMITS, signal: AbortSignal.abort() }));
    expect(host.connections()).toBe(0);
  });

  test('closes everything with the fetcher', async () => {
    const host = await startMediaHost((_request, response) => void response.write('half'));
    const failing = failureOf(fetchFrom(host));
    await until(() => host.open() === 1);
    await fetcher.close();
    expect(await failing).toMatchObject({ code: 'MEDIA_DOWNLOAD_FAILED', retryable: true });
    expect((await failureOf(fetchFrom(host))).retryable).toBe(true);
    await until(() => host.open() === 0);
  });
});

test('a step down from https to http is not followed', async () => {
  const { parseMediaUrl } = await import('../src/media-url.js');
  expect(() => parseMediaUrl('http://cdn.example/a', new URL('https://cdn.example/'))).toThrow(/from https to http/);
  expect(parseMediaUrl('/a', new URL('https://cdn.example/')).href).toBe('https://cdn.example/a');
  expect(parseMediaUrl('https://cdn.example/a', new URL('http://cdn.example/')).protocol).toBe('https:');
});
