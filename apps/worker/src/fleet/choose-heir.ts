/**
 * Who is given a device by a worker that stops. A device is silent for as long as its heir takes to connect it, so it goes
 * to whoever has time for it: whoever should own it if that one has, otherwise another, which then stands in.
 */
import type { LiveWorker } from '@pombo/store';
import { chooseWorker } from './desired-owners.js';

/** A worker that connects more devices than this has no time for another. */
const BUSY_CONNECTING = 1;
/** A worker that has not been heard of for so many ticks may have died. */
const SILENT_TICKS = 2.5;
/** A worker that has been alive for less is slow: it has code to load, and what is free anyway to take over. */
const NEW_TICKS = 5;

/** @param others who could. @param owner who should. @returns undefined when nobody has time. */
export function chooseHeir(
  deviceId: string,
  others: readonly LiveWorker[],
  owner: string | undefined,
  { leaseTtlMs, tickMs }: { readonly leaseTtlMs: number; readonly tickMs: number },
): string | undefined {
  // If it has died, the others are about to be busy with its devices.
  if (others.some(({ leftMs }) => leaseTtlMs - leftMs > SILENT_TICKS * tickMs)) return undefined;
  const seasoned = others.filter(({ ageMs }) => ageMs >= NEW_TICKS * tickMs);
  const ready = (seasoned.length > 0 ? seasoned : others).filter(({ connecting }) => connecting <= BUSY_CONNECTING);
  return ready.some(({ name }) => name === owner) ? owner : chooseWorker(deviceId, ready);
}
