/** The address of a device's proxy, as a customer writes it. */
import { PomboError } from './errors.js';

const PROTOCOLS: ReadonlySet<string> = new Set(['http:', 'https:', 'socks5:', 'socks5h:', 'socks4:', 'socks4a:']);

/** @throws PomboError VALIDATION_ERROR that names `proxy` and shows nothing of a password. */
export function parseProxyUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && url.hostname !== '' && PROTOCOLS.has(url.protocol)) return url;
  const message = 'must be a URL such as http://user:password@host:3128 or socks5://user:password@host:1080';
  throw new PomboError('VALIDATION_ERROR', `proxy ${message}`, { validation: [{ field: 'proxy', message }] });
}
