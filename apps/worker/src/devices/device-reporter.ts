/** Writes what a session reports into the store, one report after the other, so that the last one stands. */
import { isMessageId, shardOfDevice, shardOfMessage } from '@pombo/contracts';
import { describeError, type Logger } from '@pombo/runtime';
import type { DeviceState, Store } from '@pombo/store';
import {
  type Ack,
  type DeviceIdentity,
  type DisconnectKind,
  type Receipt,
  rejectionFromAck,
  type SessionReports,
} from '@pombo/whatsapp';

/** The part of a session's reports that is remembered. */
export type RememberedReports = Omit<SessionReports, 'evicted'>;

export interface DeviceReporter extends RememberedReports {
  /** Says that this worker no longer holds the device. */
  released(): void;
  /** Resolves when everything reported so far is written. */
  settled(): Promise<void>;
}

/** State shown for a connection that was lost, by reason; `offline` for all others. */
const LOST_STATES: Partial<Record<DisconnectKind, DeviceState>> = {
  replaced: 'replaced',
  outdated: 'outdated',
  banned: 'banned',
  'logged-out': 'logged_out',
  'pairing-ended': 'unpaired',
};

export function createDeviceReporter(deviceId: string, store: Store, logger: Logger): DeviceReporter {
  const { devices, outbox, messages } = store;
  let tail: Promise<unknown> = Promise.resolve();
  let online = false;

  const remember = (work: () => Promise<unknown>): void => {
    tail = tail.then(work).catch((error: unknown) => logger.error('a report was not written', describeError(error)));
  };
  const isOurs = (id: string): boolean => isMessageId(id) && shardOfMessage(id) === shardOfDevice(deviceId);

  const wentOffline = (state: DeviceState): void => {
    const wasOnline = online;
    online = false;
    remember(() => devices.report(deviceId, { state, ...(wasOnline ? { lastSeenAt: Date.now() } : {}) }));
    if (wasOnline) remember(() => outbox.appendDeviceEvent(deviceId, 'device.disconnected'));
  };

  return {
    stateChanged(state, why) {
      if (state === 'connecting' && !online) remember(() => devices.report(deviceId, { state: 'connecting' }));
      if (state === 'pairing') remember(() => devices.report(deviceId, { state: 'pairing' }));
      if (state === 'waiting' || (state === 'ended' && why)) wentOffline((why && LOST_STATES[why]) ?? 'offline');
    },
    codeShown(qr, lifetimeMs) {
      remember(() => devices.showPairingCode(deviceId, { qr, expiresAt: Date.now() + lifetimeMs }));
      remember(() => outbox.appendDeviceEvent(deviceId, 'qr.generated'));
    },
    paired(identity) {
      remember(() => devices.hidePairingCode(deviceId));
      remember(() => devices.report(deviceId, { ...identityFields(identity), paired: true, pairingUntil: null }));
      remember(() => outbox.appendDeviceEvent(deviceId, 'pair.success'));
    },
    connected(identity) {
      online = true;
      const fields = { ...identityFields(identity), state: 'connected', paired: true, lastSeenAt: Date.now() } as const;
      remember(() => devices.report(deviceId, fields));
      remember(() => outbox.appendDeviceEvent(deviceId, 'device.connected'));
    },
    loggedOut() {
      const nobody = { jid: null, lid: null, phone: null, pairingUntil: null };
      remember(() => devices.report(deviceId, { ...nobody, paired: false, state: 'logged_out' }));
      remember(() => outbox.appendDeviceEvent(deviceId, 'device.logged_out'));
    },
    receipt({ kind, messageIds }: Receipt) {
      for (const id of messageIds.filter(isOurs)) remember(() => messages.transition(id, deviceId, kind));
    },
    lateAck({ id, error }: Ack) {
      if (!isOurs(id)) return;
      if (error === undefined) return remember(() => messages.transition(id, deviceId, 'sent'));
      const { code, message } = rejectionFromAck(error);
      remember(() => messages.transition(id, deviceId, 'failed', { error: { code, message } }));
    },
    released() {
      if (online) wentOffline('offline');
    },
    async settled() {
      await tail;
    },
  };
}

function identityFields({ jid, lid, phone }: DeviceIdentity) {
  return { jid, phone, ...(lid === undefined ? {} : { lid }) };
}
