/** Names that the machine itself knows: `/etc/hosts`, read anew each time, since it is small and may change. */
import { readFile } from 'node:fs/promises';
import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';

export const HOSTS_FILE = '/etc/hosts';

/** @returns nothing for a name that is not in it, and when there is no such file. */
export async function findInHostsFile(hostname: string, file: string): Promise<LookupAddress[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const family = isIP(address);
    return family !== 0 && names.some((name) => name.toLowerCase() === hostname) ? [{ address, family }] : [];
  });
}
