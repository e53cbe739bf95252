/** `npm run admin`: tenants and tokens, straight in Redis; for whoever operates Pombo. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt } from './lib/ensure-built.mjs';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { openStore } from './lib/open-store.mjs';
import { builtEntry, ROOT } from './lib/paths.mjs';
import { expectedError, failWith } from './lib/run-command.mjs';

const USAGE = `Usage: npm run admin -- COMMAND [OPTIONS]

  create-tenant --name NAME [--role ROLE]   makes a tenant and its first token
  create-token --tenant ID [--role ROLE]    makes another token for a tenant

ROLE is admin (the default), manager or user. A token is shown once: Redis keeps only its hash.
REDIS_URL says which Redis, REDIS_PREFIX which Pombo in it.`;

/** Asked for wrongly: say what was wrong, then how it goes. */
const usageError = (problem) => expectedError(`${problem}\n\n${USAGE}`);

function parseCommand(argv) {
  const options = { name: { type: 'string' }, tenant: { type: 'string' }, role: { type: 'string' } };
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      options: { ...options, help: { type: 'boolean' } },
      allowPositionals: true,
    });
    return { ...values, command: positionals[0], extra: positionals.slice(1) };
  } catch (error) {
    throw usageError(error.message);
  }
}

function required(value, option) {
  if (!value?.trim()) throw usageError(`${option} is missing.`);
  return value.trim();
}

const COMMANDS = {
  'create-tenant': async (store, { name, role }) => {
    const { tenantId } = await store.tenants.create(name);
    return { tenantId, ...(await store.tenants.createToken(tenantId, role)) };
  },
  'create-token': async (store, { tenant, role }) => {
    if ((await store.redis.exists(store.keys.tenant(tenant))) === 0)
      throw expectedError(`No tenant has the id ${tenant}.`);
    return { tenantId: tenant, ...(await store.tenants.createToken(tenant, role)) };
  },
};

/** What each command cannot do without, checked before Redis is asked for anything. */
const NEEDS = { 'create-tenant': 'name', 'create-token': 'tenant' };

/** In an image everything is installed and built, and the tools for it are not there. */
async function ensureReady() {
  if (!existsSync(join(ROOT, 'package-lock.json'))) return;
  await ensureInstalled();
  await ensureBuilt(['packages/store']);
}

async function runCommand(parsed) {
  const execute = COMMANDS[parsed.command];
  if (!execute) throw usageError(parsed.command ? `No such command: ${parsed.command}` : 'Which command?');
  if (parsed.extra.length > 0)
    throw usageError(`What is "${parsed.extra.join(' ')}"? A name with spaces needs quotes.`);
  const needed = NEEDS[parsed.command];
  const checked = { ...parsed, [needed]: required(parsed[needed], `--${needed}`), role: parsed.role ?? 'admin' };

  await ensureReady();
  const { ROLES } = await import(builtEntry('packages/store'));
  if (!ROLES.includes(checked.role)) throw usageError(`--role must be one of ${ROLES.join(', ')}.`);
  const { store, close } = await openStore(process.env);
  try {
    const { tenantId, userId, token } = await execute(store, checked);
    console.log(`tenant  ${tenantId}\nuser    ${userId} (${checked.role})\ntoken   ${token}`);
    console.error('\nKeep the token: it is not shown again.');
  } finally {
    close();
  }
}

try {
  const parsed = parseCommand(process.argv.slice(2));
  if (parsed.help) console.log(USAGE);
  else await runCommand(parsed);
} catch (error) {
  failWith(error);
}
