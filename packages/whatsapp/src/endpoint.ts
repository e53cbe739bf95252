/** Which server is WhatsApp: the real one, or whatever stands in for it. */
import { readFileSync } from 'node:fs';
import { Agent as TlsAgent } from 'node:https';
import type { Config } from '@pombo/runtime';
import { WA_CERT_DETAILS, type WAVersion } from '@whiskeysockets/baileys';
import { Agent } from 'undici';

export interface Endpoint {
  /** Undefined: WhatsApp's own. */
  readonly webSocketUrl: string | undefined;
  /** Undefined: the version Baileys pins. */
  readonly version: WAVersion | undefined;
  /** Opens the WebSocket where the server's certificate is not one everybody knows. */
  readonly webSocketAgent: TlsAgent | undefined;
  /** Carries uploads to the media host. */
  readonly mediaDispatcher: Agent;
  close(): Promise<void>;
}

const PEM_START = '-----BEGIN';
/** Idle connections to the media host are kept this long. */
const MEDIA_KEEP_ALIVE_MS = 30_000;

/**
 * Reads the `WHATSAPP_*` settings. Replaces the certificate root that Baileys pins, for the whole process, only when
 * `WHATSAPP_ROOT_KEY` is set.
 * @throws Error when the file named by WHATSAPP_TLS_CA cannot be read.
 */
export function createEndpoint(config: Config): Endpoint {
  if (config.WHATSAPP_ROOT_KEY !== undefined) WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(config.WHATSAPP_ROOT_KEY, 'hex');
  const ca = config.WHATSAPP_TLS_CA === undefined ? undefined : readPem(config.WHATSAPP_TLS_CA);
  const tls = { ...(ca === undefined ? {} : { ca }), rejectUnauthorized: !config.WHATSAPP_TLS_INSECURE };
  const mediaDispatcher = new Agent({ keepAliveTimeout: MEDIA_KEEP_ALIVE_MS, connect: tls });
  const isOwnTls =
    config.WHATSAPP_URL?.startsWith('wss:') === true && (ca !== undefined || config.WHATSAPP_TLS_INSECURE);
  return {
    webSocketUrl: config.WHATSAPP_URL,
    version: config.WHATSAPP_VERSION === undefined ? undefined : [...config.WHATSAPP_VERSION],
    webSocketAgent: isOwnTls ? new TlsAgent(tls) : undefined,
    mediaDispatcher,
    close: () => mediaDispatcher.close(),
  };
}

function readPem(value: string): string {
  if (value.includes(PEM_START)) return value.replaceAll('\\n', '\n');
  try {
    return readFileSync(value, 'utf8');
  } catch (cause) {
    throw new Error('WHATSAPP_TLS_CA is neither PEM text nor the path of a file that can be read', { cause });
  }
}
