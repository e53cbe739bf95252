/** Asks for a code to pair a device with, and waits until a worker shows one. */
import { setTimeout as pause } from 'node:timers/promises';
import { PomboError } from '@pombo/contracts';
import type { DeviceRecord, LinkCode, PairingCode, Store } from '@pombo/store';

const POLL_MS = 150;

export interface PairingTimes {
  /** How long the worker keeps showing codes, in milliseconds. */
  readonly pairingMs: number;
  /** How long to wait for the first one, in milliseconds. */
  readonly waitMs: number;
}

/** A code, and whether it was on show before it was asked for. */
export type Shown<Code> = Code & { readonly cached: boolean };

type Parts = Pick<Store, 'devices' | 'deviceOrders'>;

/** @throws PomboError ALREADY_CONNECTED, also for a paired device that is not; DEVICE_ERROR when no code appears in time or `signal` is aborted */
export function obtainQrCode(
  { devices, deviceOrders }: Parts,
  device: DeviceRecord,
  times: PairingTimes,
  signal: AbortSignal,
): Promise<Shown<PairingCode>> {
  return obtain(devices, device, times, signal, {
    read: () => devices.codes.readQr(device.id),
    ask: (until) => deviceOrders.requestPairing(device, until),
  });
}

/**
 * @param phone digits of the phone into which it will be typed.
 * @throws PomboError as `obtainQrCode`
 */
export function obtainLinkCode(
  { devices, deviceOrders }: Parts,
  device: DeviceRecord,
  phone: string,
  times: PairingTimes,
  signal: AbortSignal,
): Promise<Shown<LinkCode>> {
  return obtain(devices, device, times, signal, {
    async read() {
      const code = await devices.codes.readLink(device.id);
      return code?.phone === phone ? code : undefined;
    },
    ask: (until) => deviceOrders.requestPairing(device, until, phone),
  });
}

interface Way<Code> {
  readonly read: () => Promise<Code | undefined>;
  readonly ask: (until: number) => Promise<void>;
}

async function obtain<Code>(
  devices: Store['devices'],
  device: DeviceRecord,
  { pairingMs, waitMs }: PairingTimes,
  signal: AbortSignal,
  { read, ask }: Way<Code>,
): Promise<Shown<Code>> {
  if (device.state === 'connected') throw alreadyConnected();
  // Asking for a code would connect it, though someone disconnected it on purpose.
  if (device.paired) throw alreadyPaired();
  const onShow = await read();
  await ask(Date.now() + pairingMs);
  if (onShow) return { ...onShow, cached: true };
  const code = await pollForCode(read, performance.now() + waitMs, signal);
  if (code) return { ...code, cached: false };
  if ((await devices.read(device.id))?.state === 'connected') throw alreadyConnected();
  throw new PomboError(
    'DEVICE_ERROR',
    'no worker showed a code in time: check that a worker is running and can reach WhatsApp, then ask again',
    { retryable: true, retryAfterSeconds: 5 },
  );
}

async function pollForCode<Code>(
  read: () => Promise<Code | undefined>,
  deadline: number,
  signal: AbortSignal,
): Promise<Code | undefined> {
  while (performance.now() < deadline && !signal.aborted) {
    const code = await read();
    if (code) return code;
    await pause(POLL_MS);
  }
  return undefined;
}

export function alreadyConnected(): PomboError {
  return new PomboError('ALREADY_CONNECTED', 'the device is connected already');
}

function alreadyPaired(): PomboError {
  const message =
    'the device is paired already: POST /connect connects it; to pair it anew, unlink it with POST /logout first';
  return new PomboError('ALREADY_CONNECTED', message);
}
