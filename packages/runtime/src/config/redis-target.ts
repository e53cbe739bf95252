/** Which Redis the settings name: one server, the master of a Sentinel group, or a Cluster. */

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

export interface RedisAccess {
  readonly username?: string;
  readonly password?: string;
}

export type RedisTarget =
  | { readonly kind: 'single'; readonly url: string }
  | {
      readonly kind: 'sentinel';
      readonly sentinels: readonly RedisNode[];
      readonly master: string;
      readonly access: RedisAccess;
      /** For the Sentinels themselves. */
      readonly sentinelAccess: RedisAccess;
      readonly tls: boolean;
    }
  | {
      readonly kind: 'cluster';
      readonly nodes: readonly RedisNode[];
      readonly access: RedisAccess;
      readonly tls: boolean;
      /** Where to reach the nodes that the Cluster names by addresses of its own network. */
      readonly natMap: Readonly<Record<string, RedisNode>>;
    };

export interface RedisSettings {
  readonly REDIS_URL?: string;
  readonly REDIS_SENTINELS?: readonly RedisNode[];
  readonly REDIS_SENTINEL_MASTER?: string;
  readonly REDIS_SENTINEL_USERNAME?: string;
  readonly REDIS_SENTINEL_PASSWORD?: string;
  readonly REDIS_CLUSTER_NODES?: readonly RedisNode[];
  readonly REDIS_CLUSTER_NAT_MAP?: Readonly<Record<string, RedisNode>>;
  readonly REDIS_USERNAME?: string;
  readonly REDIS_PASSWORD?: string;
  readonly REDIS_TLS: boolean;
}

const accessOf = (username: string | undefined, password: string | undefined): RedisAccess => ({
  ...(username === undefined ? {} : { username }),
  ...(password === undefined ? {} : { password }),
});

/** @returns undefined when no setting names a Redis. */
export function redisTargetOf(settings: RedisSettings): RedisTarget | undefined {
  const { REDIS_URL, REDIS_SENTINELS, REDIS_CLUSTER_NODES, REDIS_TLS: tls } = settings;
  const access = accessOf(settings.REDIS_USERNAME, settings.REDIS_PASSWORD);
  if (REDIS_CLUSTER_NODES) {
    return { kind: 'cluster', nodes: REDIS_CLUSTER_NODES, access, tls, natMap: settings.REDIS_CLUSTER_NAT_MAP ?? {} };
  }
  if (REDIS_SENTINELS) {
    const sentinelAccess = accessOf(settings.REDIS_SENTINEL_USERNAME, settings.REDIS_SENTINEL_PASSWORD);
    const master = settings.REDIS_SENTINEL_MASTER ?? '';
    return { kind: 'sentinel', sentinels: REDIS_SENTINELS, master, access, sentinelAccess, tls };
  }
  return REDIS_URL === undefined ? undefined : { kind: 'single', url: REDIS_URL };
}

const WAYS = ['REDIS_URL', 'REDIS_SENTINELS', 'REDIS_CLUSTER_NODES'] as const;
/** Settings that mean nothing without another one. */
const NEEDS = [
  ['REDIS_SENTINELS', 'REDIS_SENTINEL_MASTER'],
  ['REDIS_SENTINEL_MASTER', 'REDIS_SENTINELS'],
  ['REDIS_SENTINEL_USERNAME', 'REDIS_SENTINELS'],
  ['REDIS_SENTINEL_PASSWORD', 'REDIS_SENTINELS'],
  ['REDIS_CLUSTER_NAT_MAP', 'REDIS_CLUSTER_NODES'],
  ['REDIS_USERNAME', 'REDIS_PASSWORD'],
  ['REDIS_SENTINEL_USERNAME', 'REDIS_SENTINEL_PASSWORD'],
] as const;

export function redisContradictions(settings: RedisSettings): string[] {
  const named = WAYS.filter((name) => settings[name] !== undefined);
  const problems = NEEDS.filter(([name, needed]) => settings[name] !== undefined && settings[needed] === undefined).map(
    ([name, needed]) => `${name} makes sense only with ${needed}`,
  );
  if (named.length > 1) problems.push(`${named.join(' and ')} name different Redises: set one of them`);
  if (settings.REDIS_URL === undefined) return problems;
  if (settings.REDIS_PASSWORD !== undefined || settings.REDIS_USERNAME !== undefined) {
    problems.push('REDIS_USERNAME and REDIS_PASSWORD belong into REDIS_URL: redis://user:password@host:port');
  }
  if (settings.REDIS_TLS) problems.push('REDIS_TLS is for Sentinel and Cluster: in REDIS_URL, rediss:// says it');
  return problems;
}
