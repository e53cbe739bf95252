/** The operator's exceptions from the public-address rule: host names, IP addresses and CIDR ranges. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { embeddedIpv4, isPublicAddress, type IpAddress } from './public-address.js';

type Range = [IpAddress, number];

/** Letters of any script: the URL parser brings them to their ASCII form. */
const HOST_NAME = /^[\p{L}\p{N}_.-]+$/u;

export interface HostAllowList {
  /** Whether the host name is listed, whatever it resolves to. */
  hasName(hostname: string): boolean;
  /** Whether the address lies in a listed range. An address that embeds an IPv4 address is listed only if that one may be reached too. */
  hasAddress(address: IpAddress): boolean;
}

/**
 * @param entries - `127.0.0.1`, `10.0.0.0/8`, `fd00::/8`, `cdn.internal`; a host name covers no subdomains
 * @throws TypeError when an entry is none of these
 */
export function createHostAllowList(entries: readonly string[]): HostAllowList {
  const ranges: Range[] = [];
  const names = new Set<string>();
  for (const entry of entries) {
    const range = parseRange(entry);
    if (range) ranges.push(range);
    else names.add(parseName(entry));
  }

  const inRange = (address: IpAddress) =>
    ranges.some(([base, bits]) => base.kind() === address.kind() && address.match([base, bits]));

  return {
    hasName: (hostname) => names.has(normaliseName(hostname)),
    hasAddress(address) {
      const embedded = embeddedIpv4(address);
      if (!embedded) return inRange(address);
      return inRange(embedded) || (inRange(address) && isPublicAddress(embedded));
    },
  };
}

function parseRange(entry: string): Range | undefined {
  const [address = '', bits, ...rest] = entry.replace(/^\[(.*)\]$/, '$1').split('/');
  if (isIP(address) === 0 || address.includes('%') || rest.length > 0) return undefined;
  const parsed = ipaddr.parse(address);
  const width = parsed.kind() === 'ipv4' ? 32 : 128;
  if (bits === undefined) return [parsed, width];
  return /^\d{1,3}$/.test(bits) && Number(bits) <= width ? [parsed, Number(bits)] : undefined;
}

function parseName(entry: string): string {
  const hostname =
    HOST_NAME.test(entry) && URL.canParse(`http://${entry}/`) ? new URL(`http://${entry}/`).hostname : '';
  // `0x7f.1` looks like a name, but is an address to the URL parser.
  if (hostname === '' || isIP(hostname) !== 0) {
    throw new TypeError(`Allowed hosts: "${entry}" is not a host name, an IP address or a CIDR range`);
  }
  return normaliseName(hostname);
}

/** `CDN.internal.` and `cdn.internal` are one name. */
function normaliseName(hostname: string): string {
  return hostname.toLowerCase().replace(/\.$/, '');
}
