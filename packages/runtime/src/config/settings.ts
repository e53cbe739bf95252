/**
 * Every setting of every app, once: name, check, default and what it means. `.env.example` and the README's table are
 * generated from this list, so a setting cannot exist without being documented.
 */
import Joi from 'joi';
import { DAY, HOUR, MINUTE, SECOND } from '../durations.js';
import type { RedisNode } from './redis-target.js';

export type SettingGroup =
  'Everywhere' | 'Ingress' | 'Worker' | 'Pacing' | 'WhatsApp' | 'Media' | 'Webhooks' | 'Limits and retention';

export interface Setting {
  readonly group: SettingGroup;
  readonly schema: Joi.Schema;
  /** One sentence for operators. */
  readonly about: string;
  /** Shown in documents instead of the default where that is derived or secret. */
  readonly example?: string;
}

const MEBIBYTE = 1024 * 1024;

const flag = () => Joi.boolean().truthy('1', 'yes', 'on').falsy('0', 'no', 'off').default(false);
const spanMs = (defaultMs: number) => Joi.number().integer().min(1).default(defaultMs);
const sizeBytes = (defaultBytes: number) => Joi.number().integer().min(1).default(defaultBytes);
const port = (defaultPort: number) => Joi.number().integer().min(0).max(65_535).default(defaultPort);

const hostList = () =>
  Joi.string()
    .default([])
    .custom((value: string) =>
      value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    );

/** 32 bytes, in hex or base64; several separated by commas, the first one encrypts, all of them decrypt. */
const encryptionKeys = () =>
  Joi.string().custom((value: string, helpers) => {
    const keys = value.split(',').map((part) => decodeKey(part.trim()));
    return keys.every((key) => key.length === 32) ? keys : helpers.error('key.length');
  });

function decodeKey(text: string): Buffer {
  return /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
}

/** Spans in milliseconds, separated by commas. */
const spanList = (defaultMs: readonly number[]) =>
  Joi.string()
    .pattern(/^\d{1,10}(?:\s*,\s*\d{1,10})*$/, 'milliseconds, separated by commas')
    .custom((value: string) => value.split(',').map(Number))
    .default(defaultMs);
/** Numbers separated by commas; zeros mean nothing and are left out. */
const countList = () =>
  Joi.string()
    .pattern(/^\s*\d{1,7}(\s*,\s*\d{1,7}){0,59}\s*$/, 'up to 60 numbers with commas')
    .custom((value: string) =>
      value
        .split(',')
        .map(Number)
        .filter((count) => count > 0),
    );

/** `host:port`, IPv6 addresses in brackets. */
const NODE = /^(\[[0-9a-fA-F:.]+\]|[\w.-]+):(\d{1,5})$/;

function readNode(text: string): RedisNode | undefined {
  const [, host = '', port] = NODE.exec(text.trim()) ?? [];
  return Number(port) > 0 && Number(port) < 65_536
    ? { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
    : undefined;
}

const nodeList = () =>
  Joi.string()
    .custom((value: string, helpers) => {
      const nodes = value.split(',').map(readNode);
      return nodes.includes(undefined) ? helpers.error('nodes.list') : nodes;
    })
    .messages({ 'nodes.list': '{{#label}} must be host:port, several with commas' });

const natMap = () =>
  Joi.string()
    .custom((value: string, helpers) => {
      const pairs = value.split(',').map((pair) => pair.split('=').map((part) => part.trim()));
      const entries = pairs.map(([inside = '', outside = '']) => [inside, readNode(outside)] as const);
      const wrong = entries.some(([inside, node]) => readNode(inside) === undefined || node === undefined);
      return wrong ? helpers.error('nodes.map') : Object.fromEntries(entries);
    })
    .messages({ 'nodes.map': '{{#label}} must be inside-host:port=outside-host:port, several with commas' });

const versionTriple = () =>
  Joi.string()
    .pattern(/^\d+\.\d+\.\d+$/, 'three numbers with dots, as in 2.3000.1043857760')
    .custom((value: string) => value.split('.').map(Number));

export const SETTINGS = {
  REDIS_URL: {
    group: 'Everywhere',
    schema: Joi.string().uri({ scheme: ['redis', 'rediss'] }),
    about:
      'Redis 7 or later (or Valkey) with AOF on and `maxmemory-policy noeviction`. Either this, or `REDIS_SENTINELS`, or `REDIS_CLUSTER_NODES`.',
    example: 'redis://127.0.0.1:6379',
  },
  REDIS_SENTINELS: {
    group: 'Everywhere',
    schema: nodeList(),
    about: 'Sentinels that know the master: `host:port`, separated by commas (docs/redis.md).',
  },
  REDIS_SENTINEL_MASTER: {
    group: 'Everywhere',
    schema: Joi.string().pattern(/^[\w.-]{1,128}$/, 'a name as in `sentinel monitor`'),
    about: 'Name under which the Sentinels watch the master.',
  },
  REDIS_SENTINEL_USERNAME: {
    group: 'Everywhere',
    schema: Joi.string(),
    about: 'User at the Sentinels, where they have ACLs.',
  },
  REDIS_SENTINEL_PASSWORD: { group: 'Everywhere', schema: Joi.string(), about: 'Password of the Sentinels.' },
  REDIS_CLUSTER_NODES: {
    group: 'Everywhere',
    schema: nodeList(),
    about:
      'Some nodes of a Redis Cluster, by which the others are found: `host:port`, separated by commas (docs/redis.md).',
  },
  REDIS_CLUSTER_NAT_MAP: {
    group: 'Everywhere',
    schema: natMap(),
    about:
      'Where to reach nodes that the Cluster names by addresses of its own network: `10.0.0.1:6379=redis-1.example.com:6379`, separated by commas.',
  },
  REDIS_USERNAME: {
    group: 'Everywhere',
    schema: Joi.string(),
    about: 'User at the servers of a Sentinel group or a Cluster. With `REDIS_URL` it belongs into the URL.',
  },
  REDIS_PASSWORD: {
    group: 'Everywhere',
    schema: Joi.string(),
    about: 'Password at the servers of a Sentinel group or a Cluster. With `REDIS_URL` it belongs into the URL.',
  },
  REDIS_TLS: {
    group: 'Everywhere',
    schema: flag(),
    about:
      'Speak TLS with a Sentinel group (Sentinels included) or a Cluster. An authority of your own: `NODE_EXTRA_CA_CERTS`. With `REDIS_URL`, `rediss://` says it.',
  },
  REDIS_PREFIX: {
    group: 'Everywhere',
    schema: Joi.string()
      .pattern(/^[a-z0-9-]{1,32}$/, 'lower-case letters, digits and dashes')
      .default('pombo'),
    about: 'First part of every key, to keep several Pombos apart in one Redis.',
  },
  LOG_LEVEL: {
    group: 'Everywhere',
    schema: Joi.string().valid('error', 'warn', 'info', 'debug').default('info'),
    about: 'How much to log; lines are JSON on stdout.',
  },
  SESSION_ENCRYPTION_KEY: {
    group: 'Everywhere',
    schema: encryptionKeys(),
    about:
      'Encrypts device credentials and message content at rest: 32 bytes in hex or base64. To rotate, put the new key first: `new,old`.',
    example: '(32 random bytes: openssl rand -hex 32)',
  },
  SANDBOX_MODE: {
    group: 'Everywhere',
    schema: flag(),
    about:
      'For development against a WhatsApp stand-in on loopback: lets media come from loopback and does not insist on SESSION_ENCRYPTION_KEY.',
  },
  HOST: { group: 'Ingress', schema: Joi.string().default('0.0.0.0'), about: 'Address the API listens on.' },
  PORT: { group: 'Ingress', schema: port(3000), about: 'Port the API listens on.' },
  MASTER_TOKEN: {
    group: 'Ingress',
    schema: Joi.string().pattern(/^\S{1,256}$/, 'up to 256 characters without spaces'),
    about: 'The operator’s token, which makes and removes tenants over the API; without it only `npm run admin` does.',
    example: '(32 random bytes: openssl rand -hex 32)',
  },
  DEFAULT_WAIT_SECONDS: {
    group: 'Ingress',
    schema: Joi.number().integer().min(0).max(60).default(0),
    about:
      'Makes every send wait this long for its outcome, for clients that know only a synchronous API; 0 answers 202 at once.',
  },
  JSON_BODY_LIMIT_BYTES: {
    group: 'Ingress',
    schema: sizeBytes(25 * MEBIBYTE),
    about: 'Largest JSON body accepted.',
  },
  REDIS_COMMAND_TIMEOUT_MS: {
    group: 'Ingress',
    schema: spanMs(700),
    about: 'After this long without an answer from Redis the API says 503.',
  },
  WORKER_PORT: {
    group: 'Worker',
    schema: port(3001),
    about: 'Port for the worker’s health and metrics.',
  },
  WORKER_CAPACITY: {
    group: 'Worker',
    schema: Joi.number().integer().min(1).default(100),
    about: 'How many devices one worker owns at most.',
  },
  LEASE_TTL_MS: {
    group: 'Worker',
    schema: spanMs(5 * SECOND),
    about: 'The devices of a worker that fell silent for this long are taken over.',
  },
  LEASE_RENEW_MS: {
    group: 'Worker',
    schema: spanMs(SECOND),
    about:
      'How often a worker says that it is alive, which keeps its devices, and looks for work; at most a third of LEASE_TTL_MS.',
  },
  REBALANCE_AFTER_MS: {
    group: 'Worker',
    schema: spanMs(20 * SECOND),
    about:
      'How long a new worker must have been alive before others give it its share of devices; one that keeps restarting is given none.',
  },
  SEND_ACK_TIMEOUT_MS: {
    group: 'Worker',
    schema: spanMs(20 * SECOND),
    about: 'How long to wait for WhatsApp’s server to acknowledge a message before its outcome counts as unknown.',
  },
  PROBE_TIMEOUT_MS: {
    group: 'Worker',
    schema: Joi.number().integer().min(1),
    about:
      'After this long without an acknowledgement WhatsApp is asked for a sign of life, and after as long without an answer the session is replaced; at most half of SEND_ACK_TIMEOUT_MS. Default: 5 s, or a quarter of SEND_ACK_TIMEOUT_MS if that is less.',
    example: '5000',
  },
  KEEPALIVE_MS: {
    group: 'Worker',
    schema: spanMs(25 * SECOND),
    about:
      'How often an idle session asks WhatsApp for a sign of life; a connection on which nothing was heard for this long and PROBE_TIMEOUT_MS is replaced.',
  },
  CONNECT_TIMEOUT_MS: {
    group: 'Worker',
    schema: spanMs(30 * SECOND),
    about: 'How long connecting and logging in to WhatsApp may take.',
  },
  CONNECTS_AT_ONCE: {
    group: 'Worker',
    schema: Joi.number().integer().min(1).default(20),
    about: 'How many sessions of one worker connect at once; the others wait for their turn.',
  },
  SEND_MAX_RESENDS: {
    group: 'Worker',
    schema: Joi.number().integer().min(0).max(10).default(3),
    about:
      'How often a message with unknown outcome is sent again, under the same id, before it fails with SEND_TIMEOUT; four times as often where the connection was lost before WhatsApp could answer.',
  },
  SEND_IN_FLIGHT: {
    group: 'Worker',
    schema: Joi.number().integer().min(1).max(64).default(8),
    about:
      'How many messages of one device, each of another chat, may wait for WhatsApp’s acknowledgement at the same time.',
  },
  SEND_PREPARING: {
    group: 'Worker',
    schema: Joi.number().integer().min(1).max(256).default(32),
    about: 'How many messages of one device are prepared (fetched, uploaded, built) at the same time.',
  },
  SEND_IN_HAND: {
    group: 'Worker',
    schema: Joi.number().integer().min(100).max(50_000).default(5000),
    about:
      'How many messages of one device a worker takes from its queue at most, to pass by chats that are slow; it takes a few dozen unless that is necessary.',
  },
  PACING_MIN_INTERVAL_MS: {
    group: 'Pacing',
    schema: Joi.number().integer().min(0).max(HOUR),
    example: '5000',
    about:
      'Least time between two messages of a device, on average; 0 for none. Default: 5000 against WhatsApp itself, none against a stand-in; likewise the examples below.',
  },
  PACING_JITTER: {
    group: 'Pacing',
    schema: Joi.number().min(0).max(1),
    example: '0.5',
    about: 'Part of the interval by which it varies either way.',
  },
  PACING_PER_MINUTE: {
    group: 'Pacing',
    schema: Joi.number().integer().min(0).max(1000),
    example: '10',
    about: 'Most messages of a device within any 60 seconds. 0: no limit.',
  },
  PACING_PER_DAY: {
    group: 'Pacing',
    schema: Joi.number().integer().min(0),
    example: '1000',
    about: 'Most messages of a device within 24 hours. 0: no limit.',
  },
  PACING_NEW_CHATS_PER_DAY: {
    group: 'Pacing',
    schema: Joi.number().integer().min(0),
    example: '50',
    about: 'Most people a device writes to for the first time within 24 hours. 0: no limit.',
  },
  PACING_WARM_UP: {
    group: 'Pacing',
    schema: countList(),
    example: '20,40,80,160,320,640',
    about:
      'Most messages on the first, second… day after a device was paired, separated by commas; `0` for no warm-up.',
  },
  MEDIA_ATTEMPTS: {
    group: 'Worker',
    schema: Joi.number().integer().min(1).max(10).default(3),
    about: 'How often a download or upload is tried when the failure may pass.',
  },
  UPLOAD_PATIENCE_MS: {
    group: 'Worker',
    schema: spanMs(30 * SECOND),
    about:
      'How long uploads, and questions about recipients, are tried at least while WhatsApp or its media host refuses them with a status that may pass, before messages fail with UPLOAD_FAILED or DEVICE_ERROR.',
  },
  SHUTDOWN_TIMEOUT_MS: {
    group: 'Everywhere',
    schema: spanMs(15 * SECOND),
    about: 'How long a process may take to stop after SIGTERM.',
  },
  WHATSAPP_URL: {
    group: 'WhatsApp',
    schema: Joi.string().uri({ scheme: ['ws', 'wss'] }),
    about: 'WebSocket URL of a server that speaks WhatsApp’s protocol; empty means WhatsApp itself.',
    example: 'ws://127.0.0.1:4000/ws/chat',
  },
  WHATSAPP_ROOT_KEY: {
    group: 'WhatsApp',
    schema: Joi.string().pattern(/^[0-9a-fA-F]{64}$/, '64 hex digits'),
    about: 'Public key (hex) of that server’s Noise certificate root.',
  },
  WHATSAPP_TLS_CA: {
    group: 'WhatsApp',
    schema: Joi.string(),
    about: 'Certificate authority of that server and its media host: PEM text, or the path of a PEM file.',
  },
  WHATSAPP_TLS_INSECURE: {
    group: 'WhatsApp',
    schema: flag(),
    about: 'Skips the check of these certificates; refused unless WHATSAPP_URL is on loopback.',
  },
  WHATSAPP_VERSION: {
    group: 'WhatsApp',
    schema: versionTriple(),
    about: 'WhatsApp Web version to present; set it when WhatsApp answers 405 (version outdated).',
    example: '2.3000.1043857760',
  },
  PROXY_ALLOW_HOSTS: {
    group: 'WhatsApp',
    schema: hostList(),
    about: 'Private hosts, addresses or CIDRs that may be the proxy of a device, separated by commas.',
    example: '10.1.0.0/16,proxy.internal',
  },
  MEDIA_STORE: {
    group: 'Media',
    schema: Joi.string().valid('directory', 's3').default('directory'),
    about: 'Where inline media and uploads wait to be sent: the folder `MEDIA_DIR`, or a bucket (`S3_…`).',
  },
  MEDIA_DIR: {
    group: 'Media',
    schema: Joi.string().default('.data/media'),
    about:
      'Folder for inline media, shared by ingress and workers; with `MEDIA_STORE=s3` each process’ own, for what it is working on.',
  },
  S3_BUCKET: {
    group: 'Media',
    schema: Joi.string(),
    about:
      'Bucket for inline media, for `MEDIA_STORE=s3`. It must exist; Pombo lists, reads, writes, copies and deletes in it.',
    example: 'pombo-media',
  },
  S3_PREFIX: {
    group: 'Media',
    schema: Joi.string()
      .pattern(/^[\w.-][\w./-]*$/, 'letters, digits, dots, dashes, underscores and slashes')
      .default('pombo/'),
    about: 'In front of every key, so that others may use the bucket too.',
  },
  S3_REGION: { group: 'Media', schema: Joi.string().default('us-east-1'), about: 'Region of the bucket.' },
  S3_ENDPOINT: {
    group: 'Media',
    schema: Joi.string().uri({ scheme: ['http', 'https'] }),
    about: 'URL of a service other than Amazon’s that speaks S3.',
    example: 'https://minio.internal:9000',
  },
  S3_FORCE_PATH_STYLE: {
    group: 'Media',
    schema: Joi.boolean().default(false),
    about: 'The bucket is part of the path, not of the host’s name; most services other than Amazon’s want it.',
  },
  S3_ACCESS_KEY_ID: {
    group: 'Media',
    schema: Joi.string(),
    about:
      'With `S3_SECRET_ACCESS_KEY`; without both, credentials are found as the AWS SDK does: environment, files, the machine’s role.',
  },
  S3_SECRET_ACCESS_KEY: { group: 'Media', schema: Joi.string(), about: 'Secret of `S3_ACCESS_KEY_ID`.' },
  S3_TIMEOUT_MS: {
    group: 'Media',
    schema: spanMs(5 * SECOND),
    about: 'Longest wait for an answer of the bucket; a file may take a second more for every megabyte.',
  },
  MEDIA_MAX_TOTAL_BYTES: {
    group: 'Media',
    schema: Joi.number().integer().min(0).default(0),
    about:
      'How much media may be stored at once. Nearly there, the files used longest ago that no message waits for are removed; when all of it is needed, requests with media in them are answered 503. In a bucket, give it room for two hours. 0: no limit.',
  },
  MEDIA_FSYNC: {
    group: 'Media',
    schema: Joi.string().valid('everysec', 'always').default('everysec'),
    about:
      'When inline media is flushed to the disk: within a second, or before the request is answered. Give it what Redis has as `appendfsync`; it matters only when the power fails.',
  },
  MEDIA_ALLOW_HOSTS: {
    group: 'Media',
    schema: hostList(),
    about: 'Private hosts, addresses or CIDRs that media may be fetched from, separated by commas.',
    example: '10.1.0.0/16,cdn.internal',
  },
  MEDIA_MAX_IMAGE_BYTES: { group: 'Media', schema: sizeBytes(16 * MEBIBYTE), about: 'Largest image.' },
  MEDIA_MAX_DOCUMENT_BYTES: { group: 'Media', schema: sizeBytes(100 * MEBIBYTE), about: 'Largest document.' },
  MEDIA_MAX_VIDEO_BYTES: { group: 'Media', schema: sizeBytes(64 * MEBIBYTE), about: 'Largest video.' },
  MEDIA_MAX_AUDIO_BYTES: { group: 'Media', schema: sizeBytes(16 * MEBIBYTE), about: 'Largest audio file.' },
  MEDIA_MAX_STICKER_BYTES: {
    group: 'Media',
    schema: sizeBytes(500 * 1024),
    about: 'Largest sticker; other pictures are made to fit.',
  },
  MEDIA_DOWNLOAD_TIMEOUT_MS: {
    group: 'Media',
    schema: spanMs(30 * SECOND),
    about: 'Longest download of a file that is no video.',
  },
  MEDIA_VIDEO_DOWNLOAD_TIMEOUT_MS: {
    group: 'Media',
    schema: spanMs(60 * SECOND),
    about: 'Longest download of one video.',
  },
  IMAGE_MAX_EDGE: {
    group: 'Media',
    schema: Joi.number().integer().min(16).max(16_384).default(1_600),
    about: 'Longest side of a picture as it is sent, in pixels; larger ones are made smaller.',
  },
  IMAGE_HD_MAX_EDGE: {
    group: 'Media',
    schema: Joi.number().integer().min(16).max(16_384).default(4_096),
    about: 'The same for pictures sent with `hd`.',
  },
  IMAGE_STRIP_METADATA: {
    group: 'Media',
    schema: flag().default(true),
    about: 'Whether pictures go without their EXIF (place, time, camera), XMP and IPTC.',
  },
  MEDIA_URL_FRESH_MS: {
    group: 'Media',
    schema: Joi.number()
      .integer()
      .min(0)
      .default(10 * MINUTE),
    about:
      'How long a download stands for other messages with the same URL when the host says nothing about caching. What it says counts: `Cache-Control`, `Expires`, `ETag`, `Last-Modified`.',
  },
  MEDIA_FAILURE_FRESH_MS: {
    group: 'Media',
    schema: Joi.number()
      .integer()
      .min(0)
      .max(10 * MINUTE)
      .default(30 * SECOND),
    about:
      'How long other messages of the tenant fail alike when a URL leads nowhere (404, blocked, too large) or a file is not what it should be; what may pass is never remembered. 0: only messages prepared at the same moment share it.',
  },
  UPLOAD_REUSE_MS: {
    group: 'Media',
    schema: Joi.number()
      .integer()
      .min(0)
      .default(7 * DAY),
    about:
      'How long media uploaded to WhatsApp is used again for other messages, at most until the link to it ends. 0: only messages prepared at the same moment share one.',
  },
  UPLOAD_EXPIRY_MARGIN_MS: {
    group: 'Media',
    schema: spanMs(HOUR),
    about: 'An upload is not used again when the link to it ends within this time.',
  },
  UPLOAD_PROBE_AFTER_MS: {
    group: 'Media',
    schema: spanMs(6 * HOUR),
    about:
      'Before an upload is used again that was not looked at for so long, the media host is asked whether it is there.',
  },
  FFMPEG_PATH: {
    group: 'Media',
    schema: Joi.string().default('ffmpeg'),
    about:
      'ffmpeg, by name or path. Without it videos go without a thumbnail and voice notes have to be Ogg/Opus already.',
  },
  FFPROBE_PATH: {
    group: 'Media',
    schema: Joi.string().default('ffprobe'),
    about: 'ffprobe, by name or path. Without it the size of a video is not known, and of some not the length.',
  },
  FFMPEG_TIMEOUT_MS: {
    group: 'Media',
    schema: spanMs(30 * SECOND),
    about: 'Longest run of ffmpeg or ffprobe over one file.',
  },
  INBOUND_MEDIA_MAX_BYTES: {
    group: 'Media',
    schema: Joi.number()
      .integer()
      .min(0)
      .default(16 * MEBIBYTE),
    about:
      'Largest media of a received message that is fetched and kept, where a webhook wants message.received; 0 fetches none.',
  },
  INBOUND_RETENTION_MS: {
    group: 'Limits and retention',
    schema: spanMs(7 * DAY),
    about: 'How long a received message is kept for its event and for GET /messages/{id}/media.',
  },
  WEBHOOK_PORT: {
    group: 'Webhooks',
    schema: port(3002),
    about: 'Port for the webhooks app’s health and metrics.',
  },
  WEBHOOK_ALLOW_HOSTS: {
    group: 'Webhooks',
    schema: hostList(),
    about: 'Private hosts, addresses or CIDRs that events may be delivered to, separated by commas.',
    example: '10.1.0.0/16,hooks.internal',
  },
  WEBHOOK_TIMEOUT_MS: {
    group: 'Webhooks',
    schema: spanMs(15 * SECOND),
    about: 'How long an endpoint may take to answer, unless it has a time-out of its own.',
  },
  WEBHOOK_RETRY_DELAYS_MS: {
    group: 'Webhooks',
    schema: spanList([5 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 28 * HOUR]),
    about:
      'Pauses between the attempts to deliver an event, each lengthened or shortened by up to a tenth: nine pauses make ten attempts.',
  },
  WEBHOOK_RETRY_AFTER_MAX_MS: {
    group: 'Webhooks',
    schema: spanMs(DAY),
    about: 'Longest pause an endpoint can ask for with Retry-After.',
  },
  WEBHOOK_PAUSE_AFTER_MS: {
    group: 'Webhooks',
    schema: spanMs(DAY),
    about: 'An endpoint that has failed for this long is paused when an event has used up its attempts.',
  },
  WEBHOOK_IN_FLIGHT: {
    group: 'Webhooks',
    schema: Joi.number().integer().min(1).max(1000).default(32),
    about: 'Most events that are on their way to one endpoint at once, from all processes.',
  },
  WEBHOOK_TOTAL_IN_FLIGHT: {
    group: 'Webhooks',
    schema: Joi.number().integer().min(1).default(1024),
    about: 'Most events that one process delivers at once; one tenant gets at most half of them.',
  },
  WEBHOOK_MAX_ENDPOINTS: {
    group: 'Webhooks',
    schema: Joi.number().integer().min(1).max(1000).default(50),
    about: 'Most endpoints a tenant may have.',
  },
  WEBHOOK_MAX_WAITING: {
    group: 'Webhooks',
    schema: Joi.number().integer().min(1).default(200_000),
    about:
      'Most events that wait for one endpoint, and most given-up ones kept for it; beyond, the oldest are dropped.',
  },
  WEBHOOK_MAX_EVENTS: {
    group: 'Webhooks',
    schema: Joi.number().integer().min(1).default(1_000_000),
    about: 'Most events kept of one tenant.',
  },
  WEBHOOK_RETENTION_MS: {
    group: 'Webhooks',
    schema: spanMs(7 * DAY),
    about: 'How long events are kept for delivery and replay, once they are taken from the outbox.',
  },
  WEBHOOK_LOG_ENTRIES: {
    group: 'Webhooks',
    schema: Joi.number().integer().min(1).default(2000),
    about: 'How many attempts the delivery log of an endpoint shows.',
  },
  WEBHOOK_LOG_RETENTION_MS: {
    group: 'Webhooks',
    schema: spanMs(7 * DAY),
    about: 'How long an attempt stays in the delivery log.',
  },
  WEBHOOK_LEASE_MS: {
    group: 'Webhooks',
    schema: spanMs(5 * SECOND).min(500),
    about:
      'A webhooks process that has said nothing for this long is dead: what it had in hand is delivered by others.',
  },
  WEBHOOK_SWEEP_MS: {
    group: 'Webhooks',
    schema: spanMs(10 * SECOND),
    about: 'How often to look for events whose notice got lost.',
  },
  DEVICE_MAX_WAITING: {
    group: 'Limits and retention',
    schema: Joi.number().integer().min(1).default(100_000),
    about: 'Most messages that may wait for one device; more answer 429.',
  },
  TENANT_MAX_WAITING: {
    group: 'Limits and retention',
    schema: Joi.number().integer().min(1).default(1_000_000),
    about: 'Most messages that may wait for all devices of one tenant together; more answer 429.',
  },
  USER_RATE_PER_SECOND: {
    group: 'Limits and retention',
    schema: Joi.number().min(0).max(1_000_000).default(0),
    about:
      'Messages each user may send a second in the long run, all ingresses together; more answer 429. 0: no limit.',
  },
  USER_RATE_BURST: {
    group: 'Limits and retention',
    schema: Joi.number().integer().min(1).max(10_000_000).default(100),
    about: 'Messages a user who has been quiet may send at once; counts only with USER_RATE_PER_SECOND.',
  },
  MEMORY_HIGH_WATER_PERCENT: {
    group: 'Limits and retention',
    schema: Joi.number().min(1).max(100).default(85),
    about: 'With more of Redis’ memory in use, no message is accepted (503), so that those queued can still be sent.',
  },
  MEMORY_LIMIT_BYTES: {
    group: 'Limits and retention',
    schema: Joi.number().integer().min(0).default(0),
    about: 'What counts as all of Redis’ memory where its `maxmemory` is 0; 0: no limit.',
  },
  RECORD_RETENTION_MS: {
    group: 'Limits and retention',
    schema: spanMs(30 * DAY),
    about: 'How long a finished message can be read back.',
  },
  IDEMPOTENCY_RETENTION_MS: {
    group: 'Limits and retention',
    schema: spanMs(DAY),
    about: 'How long an Idempotency-Key is remembered from its first use.',
  },
  SENT_RETENTION_MS: {
    group: 'Limits and retention',
    schema: spanMs(DAY),
    about: 'How long what was sent stays available for a recipient that asks again because it could not decrypt.',
  },
  OUTBOX_RETENTION_MS: {
    group: 'Limits and retention',
    schema: spanMs(72 * HOUR),
    about: 'How long an event waits for the webhooks app, which takes it up at once while it runs.',
  },
  RECIPIENT_RETENTION_MS: {
    group: 'Limits and retention',
    schema: spanMs(3 * DAY),
    about: 'How long WhatsApp’s answers about a number (its chat, its devices) are believed.',
  },
  RECIPIENT_ABSENT_RETENTION_MS: {
    group: 'Limits and retention',
    schema: spanMs(6 * HOUR),
    about: 'How long it is believed that a number is not on WhatsApp; at most RECIPIENT_RETENTION_MS.',
  },
  LOOK_UPS_PER_HOUR: {
    group: 'Limits and retention',
    schema: Joi.number().integer().min(0),
    about:
      'How many numbers not known yet a device may ask WhatsApp about, since such questions get numbers banned; messages wait for it. 0: no limit, the default with WHATSAPP_URL. WhatsApp publishes no figure; 300 is cautious.',
    example: '300',
  },
  LOOK_UP_BURST: {
    group: 'Limits and retention',
    schema: Joi.number().integer().min(1).default(100),
    about: 'How many of these look-ups a device that rested may make at once.',
  },
  QR_WAIT_MS: {
    group: 'Ingress',
    schema: spanMs(15 * SECOND),
    about: 'How long GET /qr waits for a worker to show a code.',
  },
  JANITOR_INTERVAL_MS: {
    group: 'Worker',
    schema: spanMs(5 * SECOND),
    about:
      'How often the janitor looks for messages that expired, or were left by a device that was logged out or removed.',
  },
  LOGGED_OUT_GRACE_MS: {
    group: 'Limits and retention',
    schema: spanMs(HOUR),
    about:
      'How long the messages of a device that was logged out wait for it to be paired again before they fail with DEVICE_NOT_READY.',
  },
  CONTACT_RETENTION_MS: {
    group: 'Limits and retention',
    schema: spanMs(90 * DAY),
    about:
      'How long a device keeps its Signal session and what it knows of a contact that it neither writes to nor hears from.',
  },
  MEDIA_RETENTION_MS: {
    group: 'Limits and retention',
    schema: spanMs(7 * DAY),
    about:
      'How long a media_id is good after its upload, and how long a stored file is kept after its last use; a message that waits longer keeps its file.',
  },
  PAIRING_TIMEOUT_MS: {
    group: 'Worker',
    schema: spanMs(3 * MINUTE),
    about: 'How long a device that was asked to pair keeps showing codes.',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
