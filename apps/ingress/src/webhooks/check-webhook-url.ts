/** Refuses a URL that events could never be delivered to, when it is set and not days later. */
import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { PomboError } from '@pombo/contracts';
import { type AddressGuard, BlockedAddressError } from '@pombo/guard';
import type { NameField } from '../http/field-problems.js';

export interface UrlRules {
  readonly guard: AddressGuard;
  /** Only in the sandbox, where everything is on one machine. */
  readonly allowHttp: boolean;
}

/** @throws PomboError VALIDATION_ERROR; a host that cannot be found just now is taken. */
export async function checkWebhookUrl(
  text: string,
  { guard, allowHttp }: UrlRules,
  nameField: NameField,
): Promise<void> {
  const url = new URL(text);
  const refuse = (why: string): PomboError => {
    const message = `${nameField('url')} ${why}`;
    return new PomboError('VALIDATION_ERROR', message, { validation: [{ field: nameField('url'), message }] });
  };
  if (url.protocol !== 'https:' && !allowHttp) throw refuse('must be an https:// URL: events hold private data');
  if (!(await isReachable(url.hostname, guard))) throw refuse('is not on the public internet');
}

async function isReachable(host: string, guard: AddressGuard): Promise<boolean> {
  const hostname = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(hostname) !== 0) return guard.isAllowed(hostname);
  const failure = await new Promise<Error | null>((resolve) => {
    guard.lookup(hostname, { all: true }, (error: Error | null, _found: string | LookupAddress[]) => resolve(error));
  });
  return !(failure instanceof BlockedAddressError);
}
