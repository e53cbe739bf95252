/** Which server is WhatsApp: the real one, or whatever stands in for it. And by which way it is reached. */
import { readFileSync } from 'node:fs';
import type { Agent as HttpAgent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { createAddressGuard } from '@pombo/guard';
import type { Config } from '@pombo/runtime';
import { WA_CERT_DETAILS, type WAVersion } from '@whiskeysockets/baileys';
import { Agent, type Dispatcher } from 'undici';
import { createProxiedAgents } from './proxy/proxied-agents.js';

export interface Endpoint {
  /** Undefined: WhatsApp's own. */
  readonly webSocketUrl: string | undefined;
  /** Undefined: the version Baileys pins. */
  readonly version: WAVersion | undefined;
  /** Opens the WebSocket where that takes more than a plain connection: a proxy, a certificate not everybody knows. */
  readonly webSocketAgent: HttpAgent | undefined;
  /** Carries uploads to the media host and other questions over HTTP. */
  readonly mediaDispatcher: Dispatcher;
  /**
   * The same server by way of a proxy, all three paths: WebSocket, uploads, look-ups. The caller closes it.
   * @throws BlockedAddressError for a proxy in the operator's own network that `PROXY_ALLOW_HOSTS` does not name
   */
  through(proxy: URL): Endpoint;
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
  const guard = createAddressGuard(config.PROXY_ALLOW_HOSTS);
  const isOwnTls =
    config.WHATSAPP_URL?.startsWith('wss:') === true && (ca !== undefined || config.WHATSAPP_TLS_INSECURE);

  const build = (webSocketAgent: HttpAgent | undefined, mediaDispatcher: Dispatcher): Endpoint => ({
    webSocketUrl: config.WHATSAPP_URL,
    version: config.WHATSAPP_VERSION === undefined ? undefined : [...config.WHATSAPP_VERSION],
    webSocketAgent,
    mediaDispatcher,
    through(proxy) {
      const agents = createProxiedAgents(proxy, tls, guard);
      return build(agents.webSocketAgent, agents.dispatcher);
    },
    async close() {
      webSocketAgent?.destroy();
      // What is still under way is for messages that the next owner sends.
      await mediaDispatcher.destroy();
    },
  });
  return build(
    isOwnTls ? new TlsAgent(tls) : undefined,
    new Agent({ keepAliveTimeout: MEDIA_KEEP_ALIVE_MS, connect: tls }),
  );
}

/** For `fetch`, which takes an undici dispatcher although its type knows only Node's own copy of undici. */
export function fetchThrough({ mediaDispatcher }: Endpoint): RequestInit {
  return { dispatcher: mediaDispatcher } as object;
}

function readPem(value: string): string {
  if (value.includes(PEM_START)) return value.replaceAll('\\n', '\n');
  try {
    return readFileSync(value, 'utf8');
  } catch (cause) {
    throw new Error('WHATSAPP_TLS_CA is neither PEM text nor the path of a file that can be read', { cause });
  }
}
