/**
 * Finds the addresses of hosts that strangers name. The system's own resolver (`getaddrinfo`) blocks one of libuv's four
 * threads, two at most, for as long as a name server is silent: two such names would hold up every other look-up of the
 * process. So DNS is asked without threads (c-ares). The system is asked only for names that DNS does not know, which may
 * be the machine's or the network's own; those that no operator has listed one at a time.
 */
import { lookup } from 'node:dns/promises';
import { type LookupAddress, promises as dns } from 'node:dns';
import { setTimeout as wait } from 'node:timers/promises';
import { findInHostsFile, HOSTS_FILE } from './hosts-file.js';

/** Turns a host name into all its addresses. Rejects as `dns.promises.lookup` does. */
export type Resolver = (hostname: string) => Promise<readonly LookupAddress[]>;

export interface HostResolverOptions {
  /** Whether the operator has named the host: nobody else's names can hold it up. */
  readonly isListed?: (hostname: string) => boolean;
  /** Name servers, as `ADDRESS:PORT`; default: the system's. */
  readonly servers?: readonly string[];
  readonly hostsFile?: string;
  /** Asks the system. */
  readonly system?: Resolver;
  /** How long one look-up may take. */
  readonly limitMs?: number;
}

/** Shorter than a connection may take, DNS included. */
const LIMIT_MS = 5_000;
/** What is asked of one name server, and how often: a packet may be lost. */
const QUERY = { timeout: 1_500, tries: 3 };
/** There are servers that never answer for IPv6: who has an address of one family waits so long for the other. */
const OTHER_FAMILY_MS = 300;
/** No such name or no such record, or there is no DNS at all. */
const ASK_THE_SYSTEM: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA', 'ECONNREFUSED']);

const askSystem: Resolver = (hostname) => lookup(hostname, { all: true });

/** One look-up of a name at a time: whoever asks meanwhile gets the same answer. Nothing is remembered. */
export function createHostResolver(options: HostResolverOptions = {}): Resolver {
  const { limitMs = LIMIT_MS } = options;
  const underWay = new Map<string, Promise<LookupAddress[]>>();
  const askOneAtATime = createLane(options.system ?? askSystem);

  const lookUp = async (hostname: string, signal: AbortSignal): Promise<readonly LookupAddress[]> => {
    const local = await findInHostsFile(hostname, options.hostsFile ?? HOSTS_FILE);
    if (local.length > 0) return local;
    const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost');
    const found = isLocal ? [] : await askDns(hostname, options.servers, signal);
    if (found.length > 0) return found;
    const isTrusted = isLocal || options.isListed?.(hostname) === true;
    return isTrusted ? (options.system ?? askSystem)(hostname) : askOneAtATime(hostname, signal);
  };

  const lookUpInTime = async (hostname: string): Promise<LookupAddress[]> => {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), limitMs);
    try {
      return [...(await Promise.race([lookUp(hostname, limit.signal), whenAborted(limit.signal, hostname)]))];
    } finally {
      clearTimeout(timer);
      limit.abort();
    }
  };

  return (given) => {
    const hostname = given.toLowerCase().replace(/\.$/, '');
    const known = underWay.get(hostname);
    if (known) return known;
    const begun = lookUpInTime(hostname).finally(() => underWay.delete(hostname));
    underWay.set(hostname, begun);
    return begun;
  };
}

/** @returns none when DNS does not know the name. @throws EAI_AGAIN when nobody knows whether it does. */
async function askDns(
  hostname: string,
  servers: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<LookupAddress[]> {
  // One for each look-up: it can be called off alone, and the servers are the system's of the moment.
  const resolver = new dns.Resolver(QUERY);
  if (servers) resolver.setServers(servers);
  const cancel = (): void => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  const four = settled(resolver.resolve4(hostname).then((all) => all.map((address) => ({ address, family: 4 }))));
  const six = settled(resolver.resolve6(hostname).then((all) => all.map((address) => ({ address, family: 6 }))));
  try {
    const both = Promise.all([four, six]);
    const first = await Promise.race([four, six]);
    if (first.addresses) await Promise.race([both, wait(OTHER_FAMILY_MS)]);
    else await both;
  } finally {
    signal.removeEventListener('abort', cancel);
    // What has not answered by now counts as an error.
    cancel();
  }
  // IPv4 first, for callers that try only one: the machine may have no IPv6.
  const answers = [await four, await six];
  const found = answers.flatMap(({ addresses = [] }) => addresses);
  const failure = answers.find(({ error }) => error !== undefined && !ASK_THE_SYSTEM.has(codeOf(error)));
  if (found.length === 0 && failure) throw unanswered(hostname, failure.error);
  return found;
}

interface Answer {
  readonly addresses?: readonly LookupAddress[];
  readonly error?: unknown;
}

const settled = (asked: Promise<LookupAddress[]>): Promise<Answer> =>
  asked.then(
    (addresses) => ({ addresses }),
    (error: unknown) => ({ error }),
  );

/** Asks for one name after the other, and not for those that nobody waits for any more. */
function createLane(ask: Resolver) {
  let tail: Promise<unknown> = Promise.resolve();
  return (hostname: string, signal: AbortSignal): Promise<readonly LookupAddress[]> => {
    const answer = tail.then(() => (signal.aborted ? [] : ask(hostname)));
    tail = answer.catch(() => undefined);
    return answer;
  };
}

function whenAborted(signal: AbortSignal, hostname: string): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(unanswered(hostname)), { once: true });
  });
}

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown }).code;

/** As the system says that it got no answer. */
function unanswered(hostname: string, cause?: unknown): Error {
  const error = new Error(`the name servers did not answer for ${hostname}`, { cause });
  return Object.assign(error, { code: 'EAI_AGAIN', hostname });
}
