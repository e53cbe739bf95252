/** undici's connections to strangers: each one passes the address guard. */
import { isIP } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { BlockedAddressError, type AddressGuard } from './address-guard.js';

/** Per host; the rest waits in line under its own time-out. */
const MAX_CONNECTIONS_PER_HOST = 32;

/** Node tries a host's addresses in turn, 250 ms each by default: too short for a host on another continent. */
const ATTEMPT_TIMEOUT_MS = 1_000;

/**
 * What undici connects with, as the option `connect` of its clients and agents.
 * @param connectTimeoutMs - DNS, TCP and TLS together, in milliseconds; undici measures it to about half a second
 */
export function createGuardedConnector(guard: AddressGuard, connectTimeoutMs: number): buildConnector.connector {
  const connect = buildConnector({
    timeout: connectTimeoutMs,
    lookup: guard.lookup,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
  });

  return (target, callback) => {
    // Node calls no lookup for an IP literal, so literals are checked here.
    if (isIP(target.hostname) !== 0 && !guard.isAllowed(target.hostname)) {
      callback(new BlockedAddressError(target.hostname, target.hostname), null);
      return;
    }
    connect(target, callback);
  };
}

/** @param connectTimeoutMs - as of `createGuardedConnector` */
export function createGuardedAgent(guard: AddressGuard, connectTimeoutMs: number): Agent {
  return new Agent({
    connections: MAX_CONNECTIONS_PER_HOST,
    connect: createGuardedConnector(guard, connectTimeoutMs),
  });
}
