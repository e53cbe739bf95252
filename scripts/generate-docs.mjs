/**
 * `npm run docs`: writes `.env.example` and `docs/settings.md` from the list of settings in `packages/runtime`, and
 * `openapi.json` from the routes and schemas of the ingress, so that nothing is undocumented. `--check` writes nothing
 * and fails when a file isn't what it would write.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt } from './lib/ensure-built.mjs';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { ROOT, builtEntry } from './lib/paths.mjs';
import { expectedError, failWith } from './lib/run-command.mjs';

const GROUPS = ['Everywhere', 'Ingress', 'Worker', 'Pacing', 'WhatsApp', 'Media', 'Webhooks', 'Limits and retention'];
const SPANS = [
  ['day', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];
const SIZES = [
  ['MiB', 1024 * 1024],
  ['KiB', 1024],
];

/** `86400000` → `1 day`: the largest unit that divides it. */
function inWords(value, units) {
  const [unit, size] = units.find(([, size]) => value >= size && value % size === 0) ?? [];
  if (unit === undefined) return undefined;
  const count = value / size;
  return `${count} ${unit === 'day' && count > 1 ? 'days' : unit}`;
}

function explained(name, value) {
  if (name.endsWith('_MS')) return inWords(value, SPANS);
  return name.endsWith('_BYTES') ? inWords(value, SIZES) : undefined;
}

/** One of several ways is required; this is the one that `.env.example` shows. */
const FIRST_OF_SEVERAL = new Set(['REDIS_URL']);

/** @returns {{ name: string, about: string, required: boolean, value: string, words?: string, example?: string }[]} */
function describeSettings(settings) {
  const unknown = Object.values(settings).find(({ group }) => !GROUPS.includes(group));
  if (unknown) throw expectedError(`scripts/generate-docs.mjs does not know the group "${unknown.group}".`);
  return GROUPS.map((group) => ({
    group,
    settings: Object.entries(settings)
      .filter(([, setting]) => setting.group === group)
      .map(([name, { schema, about, example }]) => {
        const { flags = {} } = schema.describe();
        const value = flags.default === undefined ? '' : String(flags.default);
        const words = explained(name, flags.default);
        return {
          name,
          about,
          example,
          value,
          words,
          required: flags.presence === 'required' || FIRST_OF_SEVERAL.has(name),
        };
      }),
  }));
}

const ENV_HEAD = `# Settings of Pombo. Copy to .env and fill in; docker compose reads that file by itself.
# Lines that start with # show the default, or an example. Times are in milliseconds, sizes in bytes.
# Written by \`npm run docs\` from packages/runtime/src/config/settings.ts: change it there.
`;

/** What must be filled in stands there without a #. */
const MUST_BE_FILLED_IN = new Set(['SESSION_ENCRYPTION_KEY']);

function envLine({ name, value, example, required }) {
  if (MUST_BE_FILLED_IN.has(name)) return `${name}=`;
  const shown = value || (example ?? '');
  return `${required ? '' : '# '}${name}=${shown}`;
}

function renderEnvExample(groups) {
  const blocks = groups.map(({ group, settings }) => {
    const lines = settings.map(
      (setting) => `# ${setting.about.replaceAll('`', '')}${wordsOf(setting)}\n${envLine(setting)}\n`,
    );
    return `\n# ---- ${group} ----\n\n${lines.join('\n')}`;
  });
  return ENV_HEAD + blocks.join('');
}

const wordsOf = ({ words }) => (words ? ` (${words})` : '');

const SETTINGS_HEAD = `# Settings

Everything is set by environment variables. A process checks all of them at its start and names every one that is
missing, malformed or contradicts another; an empty value counts as not set. Times are in milliseconds, sizes in bytes.
\`.env.example\` in the root folder has the same list to copy.

<!-- Written by \`npm run docs\` from packages/runtime/src/config/settings.ts: change it there. -->
`;

/** An example in parentheses is a remark, not a value. */
function hintOf({ value, example }) {
  if (value || !example) return '';
  return example.startsWith('(') ? ` ${example.slice(1, -1)}.` : ` For example \`${example}\`.`;
}

function defaultOf({ name, value, words, required }) {
  if (required || MUST_BE_FILLED_IN.has(name)) return 'required';
  return value ? `\`${value}\`${wordsOf({ words })}` : '';
}

function tableRow(setting) {
  const meaning = (setting.about + hintOf(setting)).replaceAll('|', '\\|');
  return `| \`${setting.name}\` | ${defaultOf(setting)} | ${meaning} |`;
}

function renderSettingsPage(groups) {
  const tables = groups.map(({ group, settings }) => {
    const rows = settings.map(tableRow).join('\n');
    return `\n## ${group}\n\n| name | default | meaning |\n| --- | --- | --- |\n${rows}\n`;
  });
  return SETTINGS_HEAD + tables.join('');
}

/** As `npm run format` would leave it, so that two checks cannot contradict each other. */
async function formatted(path, text) {
  if (!/\.(?:md|json)$/.test(path)) return text;
  const prettier = await import('prettier');
  const options = await prettier.resolveConfig(join(ROOT, path));
  return prettier.format(text, { ...options, filepath: path });
}

try {
  const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
  await ensureInstalled();
  await ensureBuilt(['apps/ingress']);
  const { SETTINGS } = await import(builtEntry('packages/runtime'));
  const groups = describeSettings(SETTINGS);
  const { buildOpenApi } = await import(builtEntry('apps/ingress'));
  const files = {
    '.env.example': renderEnvExample(groups),
    'docs/settings.md': renderSettingsPage(groups),
    'openapi.json': JSON.stringify(buildOpenApi()),
  };
  const stale = [];
  for (const [path, text] of Object.entries(files)) {
    const wanted = await formatted(path, text);
    const file = join(ROOT, path);
    if (existsSync(file) && readFileSync(file, 'utf8') === wanted) continue;
    stale.push(path);
    if (!values.check) writeFileSync(file, wanted);
  }
  if (!values.check) console.log(stale.length > 0 ? `Wrote ${stale.join(', ')}.` : 'Nothing to change.');
  else if (stale.length > 0) throw expectedError(`Out of date: ${stale.join(', ')}. Run: npm run docs`);
} catch (error) {
  failWith(error);
}
