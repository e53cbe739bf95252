/** `npm run admin`: tenants, users and tokens, straight in Redis; for whoever operates Pombo. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { COMMANDS, OPTIONS, USAGE } from './lib/admin-commands.mjs';
import { ensureBuilt } from './lib/ensure-built.mjs';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { openStore } from './lib/open-store.mjs';
import { builtEntry, ROOT } from './lib/paths.mjs';
import { expectedError, failWith } from './lib/run-command.mjs';

/** Asked for wrongly: say what was wrong, then how it goes. */
const usageError = (problem) => expectedError(`${problem}\n\n${USAGE}`);

function parseCommand(argv) {
  try {
    const options = { ...OPTIONS, help: { type: 'boolean' } };
    const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true });
    return { values, command: positionals[0], extra: positionals.slice(1) };
  } catch (error) {
    throw usageError(error.message);
  }
}

/** @returns the command's own options, trimmed; checked before Redis is asked for anything. */
function checkOptions({ needs, takes = [] }, values, command) {
  const stranger = Object.keys(values).find((name) => ![...needs, ...takes].includes(name));
  if (stranger !== undefined) throw usageError(`--${stranger} means nothing to ${command}.`);
  for (const name of needs) if (!values[name]?.trim()) throw usageError(`--${name} is missing.`);
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.trim()]));
}

/** In an image everything is installed and built, and the tools for it are not there. */
async function ensureReady() {
  if (!existsSync(join(ROOT, 'package-lock.json'))) return;
  await ensureInstalled();
  await ensureBuilt(['packages/store']);
}

async function runCommand({ command, extra, values }) {
  const known = Object.hasOwn(COMMANDS, command ?? '') ? COMMANDS[command] : undefined;
  if (!known) throw usageError(command ? `No such command: ${command}` : 'Which command?');
  if (extra.length > 0) throw usageError(`What is "${extra.join(' ')}"? A name with spaces needs quotes.`);
  const options = checkOptions(known, values, command);

  await ensureReady();
  const { ROLES } = await import(builtEntry('packages/store'));
  const { parseRecipient } = await import(builtEntry('packages/contracts'));
  const role = options.role ?? 'admin';
  if (!ROLES.includes(role)) throw usageError(`--role must be one of ${ROLES.join(', ')}.`);
  const { store, close } = await openStore(process.env);
  try {
    const { lines, secret } = await known.run(store, { ...options, role, parseRecipient, env: process.env });
    console.log(lines.join('\n'));
    if (secret) console.error('\nKeep the token: it is not shown again.');
  } finally {
    close();
  }
}

try {
  const { values, ...parsed } = parseCommand(process.argv.slice(2));
  const { help, ...own } = values;
  if (help) console.log(USAGE);
  else await runCommand({ ...parsed, values: own });
} catch (error) {
  failWith(error);
}
