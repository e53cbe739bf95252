/**
 * What processes tell each other to forget. A message that is lost does no harm: what is remembered has a bounded age
 * as well.
 */

/** `user` and `tenant`: who may call, and what; `devices`: a tenant's devices, or what state they are in. */
export type ChangeKind = 'user' | 'tenant' | 'devices';

export interface Change {
  readonly kind: ChangeKind;
  /** Of the user, or of the tenant. */
  readonly id: string;
}

export function encodeChange({ kind, id }: Change): string {
  return `${kind} ${id}`;
}

/** @returns undefined for what a later version may say. */
export function decodeChange(text: string): Change | undefined {
  const [kind, id] = text.split(' ');
  if (id === undefined || (kind !== 'user' && kind !== 'tenant' && kind !== 'devices')) return undefined;
  return { kind, id };
}
