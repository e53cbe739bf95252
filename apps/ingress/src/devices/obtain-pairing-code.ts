/** Asks for a pairing code and waits until a worker shows one. */
import { setTimeout as pause } from 'node:timers/promises';
import { PomboError } from '@pombo/contracts';
import type { DeviceRecord, Devices, PairingCode } from '@pombo/store';

const POLL_MS = 150;

export interface PairingTimes {
  /** How long the worker keeps showing codes, in milliseconds. */
  readonly pairingMs: number;
  /** How long to wait for the first one, in milliseconds. */
  readonly waitMs: number;
}

/** A code, and whether it was on show before it was asked for. */
export type ShownCode = PairingCode & { readonly cached: boolean };

/** @throws PomboError ALREADY_CONNECTED, DEVICE_ERROR when no code appears in time or `signal` is aborted */
export async function obtainPairingCode(
  devices: Devices,
  device: DeviceRecord,
  { pairingMs, waitMs }: PairingTimes,
  signal: AbortSignal,
): Promise<ShownCode> {
  if (device.state === 'connected') throw alreadyConnected();
  const onShow = await devices.readPairingCode(device.id);
  await devices.requestPairing(device.id, Date.now() + pairingMs);
  if (onShow) return { ...onShow, cached: true };
  const code = await pollForCode(devices, device.id, performance.now() + waitMs, signal);
  if (code) return { ...code, cached: false };
  if ((await devices.read(device.id))?.state === 'connected') throw alreadyConnected();
  throw new PomboError(
    'DEVICE_ERROR',
    'no worker showed a code in time: check that a worker is running and can reach WhatsApp, then ask again',
    { retryable: true, retryAfterSeconds: 5 },
  );
}

async function pollForCode(
  devices: Devices,
  deviceId: string,
  deadline: number,
  signal: AbortSignal,
): Promise<PairingCode | undefined> {
  while (performance.now() < deadline && !signal.aborted) {
    const code = await devices.readPairingCode(deviceId);
    if (code) return code;
    await pause(POLL_MS);
  }
  return undefined;
}

function alreadyConnected(): PomboError {
  return new PomboError('ALREADY_CONNECTED', 'the device is connected already');
}
