/** What the URL of a proxy says, for those who connect to it. */
/** Where a URL names no port. */
const SOCKS_PORT = 1080;

export interface SocksAddress {
  readonly host: string;
  readonly port: number;
  readonly type: 4 | 5;
  readonly userId?: string;
  readonly password?: string;
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
