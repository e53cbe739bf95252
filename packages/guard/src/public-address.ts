/** Which IP addresses belong to the public internet, and which hide another address inside them. */
import ipaddr from 'ipaddr.js';

export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

/** RFC 4291: the only part of IPv6 handed out for the public internet. ipaddr.js calls everything without a name `unicast`. */
const GLOBAL_UNICAST = ipaddr.IPv6.parse('2000::');

/**
 * Whether the address is plain public unicast. Everything with a special purpose is not: loopback, private, link-local,
 * carrier-grade NAT, documentation, benchmarking, multicast, reserved, and every form that embeds an IPv4 address.
 */
export function isPublicAddress(address: IpAddress): boolean {
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' || (address as ipaddr.IPv6).match(GLOBAL_UNICAST, 3);
}

/** Prefixes whose addresses carry an IPv4 address, with the index of the 16-bit group where it starts. */
const EMBEDDING_PREFIXES: readonly (readonly [prefix: ipaddr.IPv6, bits: number, group: number])[] = [
  [ipaddr.IPv6.parse('::ffff:0:0'), 96, 6], // IPv4-mapped, RFC 4291
  [ipaddr.IPv6.parse('::ffff:0:0:0'), 96, 6], // IPv4-translated, RFC 6145
  [ipaddr.IPv6.parse('64:ff9b::'), 96, 6], // NAT64, RFC 6052
  [ipaddr.IPv6.parse('2002::'), 16, 1], // 6to4, RFC 3056
  [ipaddr.IPv6.parse('::'), 96, 6], // IPv4-compatible, deprecated by RFC 4291
];

/** The IPv4 address a packet to `address` would end at, or undefined for an address that embeds none. */
export function embeddedIpv4(address: IpAddress): ipaddr.IPv4 | undefined {
  if (address.kind() === 'ipv4') return undefined;
  const { parts } = address as ipaddr.IPv6;
  const found = EMBEDDING_PREFIXES.find(([prefix, bits]) => (address as ipaddr.IPv6).match(prefix, bits));
  if (found === undefined || address.range() === 'loopback' || address.range() === 'unspecified') return undefined;
  const [high = 0, low = 0] = parts.slice(found[2], found[2] + 2);
  return new ipaddr.IPv4([high >> 8, high & 0xff, low >> 8, low & 0xff]);
}
