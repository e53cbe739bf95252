import { setImmediate } from 'node:timers/promises';
import { canonicalNumber } from '../people/canonical-number.js';
import type { PrePairedDevice } from '../server/paired-devices.js';
import { randomPhone, type PairedDevice } from '../server/pairing-desk.js';
import type { World } from '../world.js';

export interface PairingControls {
  /**
   * Plays a phone that scans the QR code a client shows; resolves when the client has accepted, just before it is told
   * to restart. Several devices may be linked to one phone.
   * @param qr as Baileys gives it, with or without the leading URL.
   */
  pairQr(qr: string, options?: { readonly phone?: string }): Promise<PairedDevice>;
  /** Plays a phone into which the client's pairing code is typed. */
  pairCode(phone: string, code: string): Promise<PairedDevice>;
  /** Links devices without any pairing: as many as asked for, each on a phone of its own, or one on each phone named. */
  createPairedDevices(request: number | { readonly phones: readonly string[] }): Promise<PrePairedDevice[]>;
}

export function pairingControls(world: () => World): PairingControls {
  return {
    pairQr: async (qr, { phone } = {}) =>
      world().pairing.scan(qr, phone === undefined ? randomPhone() : canonicalNumber(phone)),
    pairCode: async (phone, code) => world().pairing.enterCode(canonicalNumber(phone), code),
    createPairedDevices: (request) => linkMany(world(), request),
  };
}

async function linkMany(
  world: World,
  request: number | { readonly phones: readonly string[] },
): Promise<PrePairedDevice[]> {
  const phones =
    typeof request === 'number' ? Array.from({ length: request }, randomPhone) : request.phones.map(canonicalNumber);
  const linked: PrePairedDevice[] = [];
  for (const phone of phones) {
    linked.push(world.pairedDevices.link(phone));
    // Each may cost 30 ms of signing: connections must not starve meanwhile.
    await setImmediate();
  }
  world.changed();
  return linked;
}
