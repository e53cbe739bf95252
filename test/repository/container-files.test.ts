import { SETTINGS } from '@pombo/runtime';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { isThere, readText } from './repository-files.js';

interface Service {
  readonly image?: string;
  readonly command?: string;
  readonly build?: { readonly context: string; readonly target: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const compose = parse(readText('docker-compose.yml'), { merge: true }) as Compose;
const service = (name: string): Service => compose.services[name] ?? {};

/** Instructions with their continuation lines joined. */
const instructions = readText('Dockerfile')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .map((line) => line.trim())
  .filter((line) => line !== '' && !line.startsWith('#'));

const stages = instructions.flatMap((line) => /^FROM (\S+) AS (\S+)$/.exec(line)?.slice(1, 3) ?? []);
const stageNames = stages.filter((_name, index) => index % 2 === 1);

/** Instructions of a stage and of those it builds on. */
function instructionsOf(stage: string): string[] {
  const begin = instructions.findIndex((line) => line.startsWith('FROM ') && line.endsWith(` AS ${stage}`));
  if (begin < 0) return [];
  const rest = instructions.slice(begin + 1);
  const end = rest.findIndex((line) => line.startsWith('FROM '));
  const base = /^FROM (\S+)/.exec(instructions[begin] ?? '')?.[1] ?? '';
  return [...instructionsOf(base), ...(end < 0 ? rest : rest.slice(0, end))];
}

describe('Dockerfile', () => {
  test('has a target for each app that runs in production', () => {
    expect(stageNames).toEqual(expect.arrayContaining(['ingress', 'worker', 'webhooks']));
  });

  test('copies only what is there', () => {
    const sources = instructions
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(/\s+/).slice(1, -1));
    expect(sources.length).toBeGreaterThan(0);
    expect(sources.filter((source) => !isThere(source))).toEqual([]);
  });

  test('copies from stages that exist', () => {
    const named = instructions.flatMap((line) => /--from=(\S+)/.exec(line)?.[1] ?? []);
    expect(named.filter((stage) => !stageNames.includes(stage))).toEqual([]);
  });

  test('knows every workspace, so that the lock file can be installed', () => {
    const lock = JSON.parse(readText('package-lock.json')) as { packages: Record<string, unknown> };
    const workspaces = Object.keys(lock.packages).filter((path) => /^(apps|packages)\/[^/]+$/.test(path));
    const copied = instructionsOf('manifests').join('\n');
    expect(workspaces.filter((path) => !copied.includes(`${path}/package.json`))).toEqual([]);
  });

  test.each(['ingress', 'worker', 'webhooks'])(
    '%s runs as an ordinary user, tells its health and starts what is built',
    (target) => {
      const lines = instructionsOf(target);
      expect(lines).toContain('USER node');
      expect(lines.some((line) => line.startsWith('HEALTHCHECK '))).toBe(true);
      expect(lines).toContain(`CMD ["node", "apps/${target}/dist/main.js"]`);
    },
  );

  test.each(['ingress', 'worker', 'webhooks'])(
    '%s ships neither the sandbox nor the tests nor what only developers need',
    (target) => {
      const lines = instructionsOf(target).join('\n');
      expect(lines).not.toMatch(/sandbox|testing|\/test/);
      expect(instructionsOf(`${target}-dependencies`).join('\n')).toContain('npm ci --omit=dev');
    },
  );

  test.each(['ingress', 'worker', 'webhooks'])('%s brings along every package of ours it depends on', (target) => {
    const wanted = new Set<string>();
    const visit = (path: string): void => {
      const manifest = JSON.parse(readText(`${path}/package.json`)) as { dependencies?: Record<string, string> };
      const ours = Object.keys(manifest.dependencies ?? {}).filter((name) => name.startsWith('@pombo/'));
      for (const name of ours.map((each) => `packages/${each.slice('@pombo/'.length)}`)) {
        if (wanted.has(name)) continue;
        wanted.add(name);
        visit(name);
      }
    };
    visit(`apps/${target}`);
    const lines = instructionsOf(target).join('\n');
    expect([...wanted].filter((path) => !lines.includes(` ${path}/dist`))).toEqual([]);
  });
});

describe('docker-compose.yml', () => {
  test('runs Redis, ingress, worker and webhooks', () => {
    expect(Object.keys(compose.services).sort()).toEqual(['ingress', 'redis', 'webhooks', 'worker']);
  });

  test('keeps what Redis was given, and evicts nothing', () => {
    expect(service('redis').command).toContain('--appendonly yes');
    expect(service('redis').command).toContain('--maxmemory-policy noeviction');
    expect(service('redis').volumes).toEqual(['redis:/data']);
    expect(service('redis').image).toMatch(/^redis:7/);
  });

  test.each(['ingress', 'worker', 'webhooks'])('%s is built from its own target', (name) => {
    expect(service(name).build).toEqual({ context: '.', target: name });
  });

  test.each(['ingress', 'worker', 'webhooks'])('%s refuses to start without a key for the credentials', (name) => {
    expect(service(name).environment?.['SESSION_ENCRYPTION_KEY']).toMatch(/^\$\{SESSION_ENCRYPTION_KEY:\?/);
  });

  test('ingress and worker see one media folder', () => {
    for (const name of ['ingress', 'worker']) {
      const folder = service(name).environment?.['MEDIA_DIR'];
      expect(service(name).volumes).toContain(`media:${folder}`);
    }
  });

  test('Redis is not reachable from outside', () => {
    expect(service('redis').ports).toBeUndefined();
  });

  test('names only settings that exist', () => {
    const named = Object.values(compose.services).flatMap(({ environment = {} }) => [
      ...Object.keys(environment),
      ...Object.values(environment).flatMap((value) => /^\$\{([A-Z_]+)/.exec(value)?.[1] ?? []),
    ]);
    expect(named.filter((name) => !(name in SETTINGS))).toEqual([]);
  });

  test('declares the volumes it uses', () => {
    const used = Object.values(compose.services).flatMap(({ volumes = [] }) => volumes.map((v) => v.split(':')[0]));
    expect(Object.keys(compose.volumes).sort()).toEqual([...new Set(used)].sort());
  });
});
