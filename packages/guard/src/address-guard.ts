/**
 * Decides which addresses Pombo may connect to on behalf of a client, so that a URL in a request can't reach the
 * operator's own network. Media downloads and webhooks connect through it.
 */
import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { createHostAllowList } from './host-allow-list.js';
import { createHostResolver, type Resolver } from './host-resolver.js';
import { isPublicAddress } from './public-address.js';

/** The connection was refused by the guard, before a packet left. */
export class BlockedAddressError extends Error {
  /**
   * @param hostname - as the URL had it
   * @param address - the offending address; for the log, not for the client, whom it would tell about the network
   */
  constructor(
    readonly hostname: string,
    readonly address: string,
  ) {
    super(`${hostname} is not on the public internet`);
    this.name = 'BlockedAddressError';
  }
}

export interface AddressGuard {
  /**
   * Whether a connection to `address` is allowed. `hostname` is the name it was found under: a listed name allows
   * whatever it resolves to.
   */
  isAllowed(address: string, hostname?: string): boolean;
  /**
   * For `net.connect` and `tls.connect`: resolves and checks in one step, so the address that was checked is the
   * address connected to. One refused address refuses the host. Not called by Node for IP literals; check those with `isAllowed`.
   */
  readonly lookup: LookupFunction;
}

export interface AddressGuardOptions {
  /** Default: `createHostResolver`, so `/etc/hosts` counts. */
  readonly resolver?: Resolver;
}

/**
 * @param allowHosts - host names, IP addresses and CIDR ranges that may be reached although they are not public
 * @throws TypeError when an entry of `allowHosts` can't be read
 */
export function createAddressGuard(allowHosts: readonly string[], options: AddressGuardOptions = {}): AddressGuard {
  const allowList = createHostAllowList(allowHosts);
  const { resolver = createHostResolver({ isListed: (hostname) => allowList.hasName(hostname) }) } = options;

  function isAllowed(address: string, hostname?: string): boolean {
    if (isIP(address) === 0) return false;
    if (hostname !== undefined && allowList.hasName(hostname)) return true;
    // A zone names one of our own network cards, so the address is never a public one.
    if (address.includes('%')) return false;
    const parsed = ipaddr.parse(address);
    return allowList.hasAddress(parsed) || isPublicAddress(parsed);
  }

  async function resolveChecked(hostname: string): Promise<LookupAddress[]> {
    const addresses = await resolver(hostname);
    if (addresses.length === 0) throw Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' });
    const refused = addresses.find(({ address }) => !isAllowed(address, hostname));
    if (refused) throw new BlockedAddressError(hostname, refused.address);
    return [...addresses];
  }

  const lookup: LookupFunction = (hostname, { all }, callback) => {
    resolveChecked(hostname).then(
      (addresses) => {
        if (all) callback(null, addresses);
        else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };

  return { isAllowed, lookup };
}
