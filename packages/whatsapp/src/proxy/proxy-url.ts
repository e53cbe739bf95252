/** The address of a proxy, as an operator or customer writes it. */
import { PomboError } from '@pombo/contracts';

export const PROXY_PROTOCOLS = ['http:', 'https:', 'socks5:', 'socks5h:', 'socks4:', 'socks4a:'] as const;

/** Where a URL names no port. */
const SOCKS_PORT = 1080;

export interface SocksAddress {
  readonly host: string;
  readonly port: number;
  readonly type: 4 | 5;
  readonly userId?: string;
  readonly password?: string;
}

/** @throws PomboError VALIDATION_ERROR that names `proxy` and shows nothing of a password. */
export function parseProxyUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && url.hostname !== '' && (PROXY_PROTOCOLS as readonly string[]).includes(url.protocol)) return url;
  const message = 'must be a URL such as http://user:password@host:3128 or socks5://user:password@host:1080';
  throw new PomboError('VALIDATION_ERROR', `proxy ${message}`, { validation: [{ field: 'proxy', message }] });
}

/** An IPv6 literal stands in brackets in a URL and without them everywhere else. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');

export const isSocks = ({ protocol }: URL): boolean => protocol.startsWith('socks');

export function socksAddress(url: URL): SocksAddress {
  const [userId, password] = [url.username, url.password].map(decodeURIComponent);
  return {
    host: hostOf(url),
    port: Number(url.port) || SOCKS_PORT,
    type: url.protocol.startsWith('socks4') ? 4 : 5,
    ...(userId ? { userId } : {}),
    ...(password ? { password } : {}),
  };
}
