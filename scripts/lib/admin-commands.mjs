/** What the operator can ask for: each command's options, its line in the usage, and what it does and prints. */
import { readFile, writeFile } from 'node:fs/promises';
import { expectedError } from './run-command.mjs';
import { waitUntil } from './wait-until.mjs';

const WAIT_MS = 60_000;

const noTenant = (tenant) => expectedError(`No tenant has the id ${tenant}.`);
const noUser = (user) => expectedError(`The tenant has no user with the id ${user}.`);

/** What the store refuses is said in its own words. */
async function orRefusal(work, refusal) {
  try {
    return await work;
  } catch (error) {
    throw error?.code === 'NOT_FOUND' ? refusal : error;
  }
}

/** What the store or the system refuses, in their words and without a stack. */
async function orSaid(work) {
  try {
    return await work;
  } catch (error) {
    throw error?.code === undefined ? error : expectedError(error.message);
  }
}

const table = (rows) => {
  const widths = rows[0].map((_cell, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
};

const day = (ms) => new Date(ms).toISOString().slice(0, 10);

function withToken(tenantId, { id, role }, token) {
  return { lines: [`tenant  ${tenantId}`, `user    ${id} (${role})`, `token   ${token}`], secret: true };
}

async function requireTenant({ tenants }, tenant) {
  const found = await tenants.read(tenant);
  if (!found) throw noTenant(tenant);
  return found;
}

async function makeUser({ users }, tenant, draft) {
  const { user, token } = await orRefusal(users.create(tenant, draft), noTenant(tenant));
  return withToken(tenant, user, token);
}

const devicesOf = (text) => (text === undefined || text === 'all' ? undefined : text.split(',').map((id) => id.trim()));

async function checkDevices({ devices }, tenant, ids = []) {
  const own = new Set(await devices.listIdsOfTenant(tenant));
  const foreign = ids.find((id) => !own.has(id));
  if (foreign !== undefined) throw expectedError(`The tenant has no device with the id ${foreign}.`);
}

const setTenant = (enabled) => ({
  needs: ['tenant'],
  about: enabled ? 'takes its tokens again' : 'refuses its tokens from now on; what is queued is still sent',
  async run({ tenants }, { tenant }) {
    if (!(await tenants.update(tenant, { enabled }))) throw noTenant(tenant);
    return { lines: [`tenant  ${tenant} ${enabled ? 'enabled' : 'disabled'}`] };
  },
});

const setUser = (enabled) => ({
  needs: ['tenant', 'user'],
  about: enabled ? 'takes the token of a user again' : 'refuses the token of a user from now on',
  async run({ users }, { tenant, user }) {
    if (!(await users.update(tenant, user, { enabled }))) throw noUser(user);
    return { lines: [`user    ${user} ${enabled ? 'enabled' : 'disabled'}`] };
  },
});

const MIN_PASSPHRASE_LENGTH = 12;

/** Not an option: what is on a command line is seen by whoever lists processes. */
function requireSecrets({ SESSION_ENCRYPTION_KEY, BACKUP_PASSPHRASE = '' }) {
  if (!SESSION_ENCRYPTION_KEY?.trim()) throw expectedError('SESSION_ENCRYPTION_KEY is missing: devices are encrypted.');
  if (BACKUP_PASSPHRASE.length >= MIN_PASSPHRASE_LENGTH) return BACKUP_PASSPHRASE;
  throw expectedError(`BACKUP_PASSPHRASE must have at least ${MIN_PASSPHRASE_LENGTH} characters.`);
}

/** @type {Record<string, { needs: string[], takes?: string[], about: string, run: Function }>} */
export const COMMANDS = {
  'create-tenant': {
    needs: ['name'],
    takes: ['role'],
    about: 'makes a tenant and its first token',
    async run({ tenants, users }, { name, role }) {
      const { tenantId } = await tenants.create(name);
      return makeUser({ users }, tenantId, { name: role, role, devices: undefined });
    },
  },
  'list-tenants': {
    needs: [],
    about: 'shows all tenants',
    async run({ tenants }) {
      const all = await tenants.list();
      if (all.length === 0) return { lines: ['There are no tenants.'] };
      const stateOf = ({ enabled, erasing }) => (erasing ? 'being erased' : enabled ? 'enabled' : 'disabled');
      return { lines: table(all.map((tenant) => [tenant.id, day(tenant.createdAt), stateOf(tenant), tenant.name])) };
    },
  },
  'disable-tenant': setTenant(false),
  'enable-tenant': setTenant(true),
  'delete-tenant': {
    needs: ['tenant'],
    about: 'removes a tenant with everything it has; nothing brings it back',
    async run({ erasures }, { tenant }) {
      if (!(await erasures.requestTenant(tenant))) throw noTenant(tenant);
      return { lines: [`tenant  ${tenant} ends now; a running ingress erases what it has`] };
    },
  },
  'create-user': {
    needs: ['tenant', 'name'],
    takes: ['role', 'devices'],
    about: 'makes a user of a tenant, and its token',
    async run(store, { tenant, name, role, devices }) {
      const allowed = devicesOf(devices);
      await checkDevices(store, tenant, allowed);
      return makeUser(store, tenant, { name, role, devices: allowed });
    },
  },
  'create-token': {
    needs: ['tenant'],
    takes: ['role'],
    about: 'the same, named after its role',
    run: (store, { tenant, role }) => makeUser(store, tenant, { name: role, role, devices: undefined }),
  },
  'list-users': {
    needs: ['tenant'],
    about: 'shows the users of a tenant',
    async run({ tenants, users }, { tenant }) {
      await requireTenant({ tenants }, tenant);
      const all = await users.list(tenant);
      if (all.length === 0) return { lines: ['The tenant has no users.'] };
      const rows = all.map(({ id, role, enabled, devices, name }) => {
        const used = devices === undefined || role === 'admin' ? 'all devices' : `${devices.length} devices`;
        return [id, role, enabled ? 'enabled' : 'disabled', used, name];
      });
      return { lines: table(rows) };
    },
  },
  'rotate-token': {
    needs: ['tenant', 'user'],
    about: 'makes a new token for a user; the one before ends at once',
    async run({ users }, { tenant, user }) {
      const token = await orRefusal(users.rotateToken(tenant, user), noUser(user));
      return withToken(tenant, await users.read(tenant, user), token);
    },
  },
  'disable-user': setUser(false),
  'enable-user': setUser(true),
  'delete-user': {
    needs: ['tenant', 'user'],
    about: 'removes a user; its token ends at once, its messages stay',
    async run({ users }, { tenant, user }) {
      if (!(await users.remove(tenant, user))) throw noUser(user);
      return { lines: [`user    ${user} removed`] };
    },
  },
  'export-device': {
    needs: ['device', 'file'],
    about: 'writes a paired device to a new file, encrypted with BACKUP_PASSPHRASE; whoever has both is the device',
    async run({ devices, deviceBackups }, { device, file, env }) {
      const passphrase = requireSecrets(env);
      const found = await devices.read(device);
      if (!found) throw expectedError(`There is no device with the id ${device}.`);
      const backup = await orSaid(deviceBackups.create(found, passphrase));
      await orSaid(writeFile(file, `${backup}\n`, { mode: 0o600, flag: 'wx' }));
      return { lines: [`device  ${device} exported`] };
    },
  },
  'import-device': {
    needs: ['tenant', 'file'],
    takes: ['name'],
    about: 'makes a device of such a file, which connects without pairing; only one copy of a device may run',
    async run({ tenants, deviceBackups }, { tenant, file, name, env }) {
      const passphrase = requireSecrets(env);
      await requireTenant({ tenants }, tenant);
      const backup = await orSaid(readFile(file, 'utf8'));
      const { id } = await orSaid(deviceBackups.restore(tenant, backup, passphrase, name));
      return { lines: [`device  ${id} imported`] };
    },
  },
  erase: {
    needs: ['tenant', 'number'],
    about: 'erases what a tenant has about a person, and waits up to a minute for it',
    async run({ tenants, erasures }, { tenant, number, parseRecipient }) {
      await requireTenant({ tenants }, tenant);
      const jid = parseRecipient(number);
      if (!jid || !/@(?:s\.whatsapp\.net|lid)$/.test(jid))
        throw expectedError('--number must be a phone number with its country code, or the JID of a person.');
      const { id } = await erasures.requestRecipient(tenant, jid);
      const read = () => erasures.read(tenant, id);
      const isDone = async () => (await read())?.done || undefined;
      const options = { deadlineMs: WAIT_MS, signal: AbortSignal.timeout(WAIT_MS) };
      const done = await waitUntil('the erasure', isDone, options).catch(() => false);
      const { erased, canceled } = await read();
      if (!done) return { lines: [`erasure ${id} asked for: a running ingress carries it out`] };
      return { lines: [`erasure ${id} done: ${erased} messages, ${canceled} of them before they were sent`] };
    },
  },
};

/** @returns the usage's line for a command. */
function describe([name, { needs, takes = [], about }]) {
  const options = [...needs.map((option) => `--${option} ${PLACEHOLDERS[option]}`)];
  for (const option of takes) options.push(`[--${option} ${PLACEHOLDERS[option]}]`);
  return `  ${[name, ...options].join(' ')}\n      ${about}`;
}

const PLACEHOLDERS = {
  name: 'NAME',
  tenant: 'ID',
  user: 'ID',
  role: 'ROLE',
  devices: 'ID,ID…',
  number: 'NUMBER',
  device: 'ID',
  file: 'PATH',
};

export const OPTIONS = Object.fromEntries(Object.keys(PLACEHOLDERS).map((name) => [name, { type: 'string' }]));

export const USAGE = `Usage: npm run admin -- COMMAND [OPTIONS]

${Object.entries(COMMANDS).map(describe).join('\n')}

ROLE is admin (the default), manager or user; without --devices a user may use all of the tenant's devices.
Devices are exported and imported with the SESSION_ENCRYPTION_KEY of their Pombo and a passphrase in BACKUP_PASSPHRASE.
A token is shown once: Redis keeps only its hash.
REDIS_URL says which Redis, REDIS_PREFIX which Pombo in it.`;
