/** Environment → frozen configuration. Pure: reports every problem at once and never falls back silently. */
import Joi from 'joi';
import { SECOND } from '../durations.js';
import type { Pacing } from '@pombo/contracts';
import { pacingOf, type PacingSettings } from './pacing-defaults.js';
import { redisContradictions, type RedisSettings, type RedisTarget, redisTargetOf } from './redis-target.js';
import { SETTINGS, type SettingName } from './settings.js';

/** Log levels, most important first. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** Validated settings; spans in milliseconds, sizes in bytes. See `SETTINGS` for what each means. */
export interface Config {
  /** Made of `REDIS_URL` or the settings of a Sentinel group or a Cluster. */
  readonly REDIS: RedisTarget;
  readonly REDIS_PREFIX: string;
  readonly LOG_LEVEL: LogLevel;
  /** First encrypts, all decrypt. */
  readonly SESSION_ENCRYPTION_KEY: readonly Buffer[];
  readonly SANDBOX_MODE: boolean;
  readonly HOST: string;
  readonly PORT: number;
  readonly MASTER_TOKEN?: string;
  readonly DEFAULT_WAIT_SECONDS: number;
  readonly JSON_BODY_LIMIT_BYTES: number;
  readonly REDIS_COMMAND_TIMEOUT_MS: number;
  readonly WORKER_PORT: number;
  readonly WORKER_CAPACITY: number;
  readonly LEASE_TTL_MS: number;
  readonly LEASE_RENEW_MS: number;
  readonly REBALANCE_AFTER_MS: number;
  readonly SEND_ACK_TIMEOUT_MS: number;
  readonly PROBE_TIMEOUT_MS: number;
  readonly KEEPALIVE_MS: number;
  readonly CONNECT_TIMEOUT_MS: number;
  readonly CONNECTS_AT_ONCE: number;
  readonly JANITOR_INTERVAL_MS: number;
  readonly LOGGED_OUT_GRACE_MS: number;
  readonly CONTACT_RETENTION_MS: number;
  readonly MEDIA_RETENTION_MS: number;
  readonly SEND_MAX_RESENDS: number;
  readonly SEND_IN_FLIGHT: number;
  readonly SEND_PREPARING: number;
  readonly SEND_IN_HAND: number;
  /** Made of the settings `PACING_…`. */
  readonly PACING: Pacing;
  readonly MEDIA_ATTEMPTS: number;
  readonly UPLOAD_PATIENCE_MS: number;
  readonly SHUTDOWN_TIMEOUT_MS: number;
  readonly WHATSAPP_URL?: string;
  readonly WHATSAPP_ROOT_KEY?: string;
  readonly WHATSAPP_TLS_CA?: string;
  readonly WHATSAPP_TLS_INSECURE: boolean;
  readonly WHATSAPP_VERSION?: readonly [number, number, number];
  readonly MEDIA_STORE: 'directory' | 's3';
  readonly MEDIA_DIR: string;
  readonly S3_BUCKET?: string;
  readonly S3_PREFIX: string;
  readonly S3_REGION: string;
  readonly S3_ENDPOINT?: string;
  readonly S3_FORCE_PATH_STYLE: boolean;
  readonly S3_ACCESS_KEY_ID?: string;
  readonly S3_SECRET_ACCESS_KEY?: string;
  readonly S3_TIMEOUT_MS: number;
  readonly MEDIA_MAX_TOTAL_BYTES: number;
  readonly MEDIA_FSYNC: 'everysec' | 'always';
  readonly PROXY_ALLOW_HOSTS: readonly string[];
  readonly MEDIA_ALLOW_HOSTS: readonly string[];
  readonly MEDIA_MAX_IMAGE_BYTES: number;
  readonly MEDIA_MAX_DOCUMENT_BYTES: number;
  readonly MEDIA_MAX_VIDEO_BYTES: number;
  readonly MEDIA_MAX_AUDIO_BYTES: number;
  readonly MEDIA_MAX_STICKER_BYTES: number;
  readonly IMAGE_MAX_EDGE: number;
  readonly IMAGE_HD_MAX_EDGE: number;
  readonly IMAGE_STRIP_METADATA: boolean;
  readonly MEDIA_URL_FRESH_MS: number;
  readonly MEDIA_FAILURE_FRESH_MS: number;
  readonly UPLOAD_REUSE_MS: number;
  readonly UPLOAD_EXPIRY_MARGIN_MS: number;
  readonly UPLOAD_PROBE_AFTER_MS: number;
  readonly MEDIA_DOWNLOAD_TIMEOUT_MS: number;
  readonly MEDIA_VIDEO_DOWNLOAD_TIMEOUT_MS: number;
  readonly FFMPEG_PATH: string;
  readonly FFPROBE_PATH: string;
  readonly FFMPEG_TIMEOUT_MS: number;
  readonly INBOUND_MEDIA_MAX_BYTES: number;
  readonly INBOUND_RETENTION_MS: number;
  readonly WEBHOOK_PORT: number;
  readonly WEBHOOK_ALLOW_HOSTS: readonly string[];
  readonly WEBHOOK_TIMEOUT_MS: number;
  readonly WEBHOOK_RETRY_DELAYS_MS: readonly number[];
  readonly WEBHOOK_RETRY_AFTER_MAX_MS: number;
  readonly WEBHOOK_PAUSE_AFTER_MS: number;
  readonly WEBHOOK_IN_FLIGHT: number;
  readonly WEBHOOK_TOTAL_IN_FLIGHT: number;
  readonly WEBHOOK_MAX_ENDPOINTS: number;
  readonly WEBHOOK_MAX_WAITING: number;
  readonly WEBHOOK_MAX_EVENTS: number;
  readonly WEBHOOK_RETENTION_MS: number;
  readonly WEBHOOK_LOG_ENTRIES: number;
  readonly WEBHOOK_LOG_RETENTION_MS: number;
  readonly WEBHOOK_LEASE_MS: number;
  readonly WEBHOOK_SWEEP_MS: number;
  readonly DEVICE_MAX_WAITING: number;
  readonly TENANT_MAX_WAITING: number;
  readonly USER_RATE_PER_SECOND: number;
  readonly USER_RATE_BURST: number;
  readonly MEMORY_HIGH_WATER_PERCENT: number;
  readonly MEMORY_LIMIT_BYTES: number;
  readonly RECORD_RETENTION_MS: number;
  readonly IDEMPOTENCY_RETENTION_MS: number;
  readonly SENT_RETENTION_MS: number;
  readonly OUTBOX_RETENTION_MS: number;
  readonly RECIPIENT_RETENTION_MS: number;
  readonly RECIPIENT_ABSENT_RETENTION_MS: number;
  readonly LOOK_UPS_PER_HOUR: number;
  readonly LOOK_UP_BURST: number;
  readonly QR_WAIT_MS: number;
  readonly PAIRING_TIMEOUT_MS: number;
}

type GivenSettings = Config & PacingSettings & RedisSettings;

/** Thrown by `loadConfig`: one line per problem, ready to print. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

const schema = Joi.object(Object.fromEntries(Object.entries(SETTINGS).map(([name, setting]) => [name, setting.schema])))
  .or('REDIS_URL', 'REDIS_SENTINELS', 'REDIS_CLUSTER_NODES')
  .messages({
    'object.missing': 'REDIS_URL is not set, nor are REDIS_SENTINELS or REDIS_CLUSTER_NODES',
    'any.required': '{{#label}} is not set',
    'key.length': '{{#label}} must be 32 bytes, in hex or base64 (make one with: openssl rand -hex 32)',
  });

/** Loopback addresses `WHATSAPP_TLS_INSECURE` is allowed for. */
const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);
/** In sandbox mode media may come from loopback, where the test pictures are, and events may go there. */
const LOOPBACK_CIDRS = ['127.0.0.0/8', '::1/128', 'localhost'];
/** Known to everyone and meant to be: in sandbox mode there is nothing to protect. */
const SANDBOX_KEY = Buffer.alloc(32, 'pombo sandbox key');

/**
 * @param env as in `process.env`; unknown names are ignored, an empty value counts as not set.
 * @throws ConfigError naming every setting that is missing, malformed or contradicts another.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const { value, error } = schema.validate(pickKnown(env), { abortEarly: false, convert: true }) as {
    value: GivenSettings;
    error?: Joi.ValidationError;
  };
  if (error) throw new ConfigError(error.details.map((detail) => detail.message.replaceAll('"', '')));
  const config = withDerivedDefaults(value);
  const problems = contradictions(config);
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config.SANDBOX_MODE ? withSandboxDefaults(config) : config);
}

/** A setting that is not set follows the one it must fit, so that setting one contradicts no default. */
function withDerivedDefaults(config: GivenSettings): Config & RedisSettings {
  const given = config.PROBE_TIMEOUT_MS as number | undefined;
  const fitting = Math.min(5 * SECOND, Math.ceil(config.SEND_ACK_TIMEOUT_MS / 4));
  return {
    ...config,
    PROBE_TIMEOUT_MS: given ?? fitting,
    LOOK_UPS_PER_HOUR: lookUpsPerHour(config),
    // The schema insists on one of the three.
    REDIS: redisTargetOf(config) as RedisTarget,
    PACING: pacingOf(config, config.SANDBOX_MODE || config.WHATSAPP_URL !== undefined),
  };
}

function pickKnown(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const known: Record<string, string> = {};
  for (const name of Object.keys(SETTINGS)) {
    const value = env[name]?.trim();
    if (value) known[name] = value;
  }
  return known;
}

function contradictions(config: Config & RedisSettings): string[] {
  const problems = redisContradictions(config);
  const name = (setting: SettingName): string => setting;
  if (!config.SANDBOX_MODE && !(config.SESSION_ENCRYPTION_KEY as readonly Buffer[] | undefined)) {
    problems.push(
      `${name('SESSION_ENCRYPTION_KEY')} is not set: device credentials would lie open in Redis (make one with: openssl rand -hex 32)`,
    );
  }
  if (!config.SANDBOX_MODE && config.MASTER_TOKEN !== undefined && isWeak(config.MASTER_TOKEN)) {
    problems.push(
      `${name('MASTER_TOKEN')} could be guessed: whoever has it can do everything (make one with: openssl rand -hex 32)`,
    );
  }
  if (config.LEASE_RENEW_MS * 3 > config.LEASE_TTL_MS) {
    problems.push(
      `${name('LEASE_RENEW_MS')} must be at most a third of ${name('LEASE_TTL_MS')}, so that one lost renewal loses no device`,
    );
  }
  if (config.RECIPIENT_ABSENT_RETENTION_MS > config.RECIPIENT_RETENTION_MS) {
    problems.push(
      `${name('RECIPIENT_ABSENT_RETENTION_MS')} must be at most ${name('RECIPIENT_RETENTION_MS')}: a number may join WhatsApp any day`,
    );
  }
  if (config.PROBE_TIMEOUT_MS * 2 > config.SEND_ACK_TIMEOUT_MS) {
    problems.push(
      `${name('PROBE_TIMEOUT_MS')} must be at most half of ${name('SEND_ACK_TIMEOUT_MS')}, so that a dead session is replaced before a message is given up`,
    );
  }
  const scheduleMs = config.WEBHOOK_RETRY_DELAYS_MS.reduce((sum, delayMs) => sum + delayMs * 1.1, 0);
  if (scheduleMs > config.WEBHOOK_RETENTION_MS) {
    problems.push(
      `${name('WEBHOOK_RETENTION_MS')} must be longer than all of ${name('WEBHOOK_RETRY_DELAYS_MS')} together and a tenth more, so that no event is forgotten while it is being tried`,
    );
  }
  if (config.MEDIA_STORE === 's3' && config.S3_BUCKET === undefined) {
    problems.push(`${name('S3_BUCKET')} is not set, but ${name('MEDIA_STORE')} is s3`);
  }
  if ((config.S3_ACCESS_KEY_ID === undefined) !== (config.S3_SECRET_ACCESS_KEY === undefined)) {
    problems.push(`${name('S3_ACCESS_KEY_ID')} and ${name('S3_SECRET_ACCESS_KEY')} belong together: set both or none`);
  }
  if (config.WHATSAPP_URL === undefined) {
    for (const dependent of ['WHATSAPP_ROOT_KEY', 'WHATSAPP_TLS_CA'] as const) {
      if (config[dependent] !== undefined) problems.push(`${dependent} makes sense only with WHATSAPP_URL`);
    }
  }
  if (config.SANDBOX_MODE && config.WHATSAPP_URL !== undefined && !isLoopback(config.WHATSAPP_URL)) {
    problems.push(
      `${name('SANDBOX_MODE')} is allowed only while WHATSAPP_URL is on loopback: real credentials need a real key`,
    );
  }
  if (config.WHATSAPP_TLS_INSECURE && !isLoopback(config.WHATSAPP_URL)) {
    problems.push(`${name('WHATSAPP_TLS_INSECURE')} is allowed only while WHATSAPP_URL is on loopback`);
  }
  return problems;
}

/** What the real WhatsApp is asked at most when nothing else is set; whatever stands in for it bans nobody. */
const CAUTIOUS_LOOK_UPS_PER_HOUR = 300;

function lookUpsPerHour(config: Config): number {
  const set = config.LOOK_UPS_PER_HOUR as number | undefined;
  return set ?? (config.WHATSAPP_URL === undefined ? CAUTIOUS_LOOK_UPS_PER_HOUR : 0);
}

/** A UUID passes; a word, or a few characters over and over, does not. */
function isWeak(secret: string): boolean {
  return secret.length < 32 || new Set(secret).size < 8;
}

function isLoopback(url: string | undefined): boolean {
  return url !== undefined && LOOPBACK_HOSTS.has(new URL(url).hostname);
}

function withSandboxDefaults(config: Config): Config {
  const keys = config.SESSION_ENCRYPTION_KEY as readonly Buffer[] | undefined;
  return {
    ...config,
    SESSION_ENCRYPTION_KEY: keys ?? [SANDBOX_KEY],
    PROXY_ALLOW_HOSTS: [...config.PROXY_ALLOW_HOSTS, ...LOOPBACK_CIDRS],
    MEDIA_ALLOW_HOSTS: [...config.MEDIA_ALLOW_HOSTS, ...LOOPBACK_CIDRS],
    WEBHOOK_ALLOW_HOSTS: [...config.WEBHOOK_ALLOW_HOSTS, ...LOOPBACK_CIDRS],
  };
}
