/** Writes what a session reports into the store, one report after the other, so that the last one stands. */
import { type DeviceEvent, isMessageId, shardOfDevice, shardOfMessage } from '@pombo/contracts';
import { describeError, type Logger } from '@pombo/runtime';
import type { DeviceReport, DeviceState, HeldLease, LinkCode, Store } from '@pombo/store';
import {
  type Ack,
  type DeviceIdentity,
  type DisconnectKind,
  type Receipt,
  rejectionFromAck,
  type SessionReports,
} from '@pombo/whatsapp';

/** The part of a session's reports that is remembered. */
export type RememberedReports = Omit<SessionReports, 'evicted' | 'heard' | 'reachoutLock' | 'received'>;

export interface DeviceReporter extends RememberedReports {
  /** A code to be typed into the phone was given. */
  linkCodeShown(code: LinkCode): void;
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

/** @param lease of the device: once another owner came after it, nothing more is said about the device. */
export function createDeviceReporter(lease: HeldLease, store: Store, logger: Logger): DeviceReporter {
  const { deviceId } = lease;
  const { devices, messages, pacings } = store;
  let tail: Promise<unknown> = Promise.resolve();
  const noting = new Set<Promise<unknown>>();
  let online = false;
  let showsCodes = false;

  const remember = (work: () => Promise<unknown>): void => {
    tail = tail.then(work).catch((error: unknown) => logger.error('a report was not written', describeError(error)));
  };
  /** Receipts: what they say is true in any order. @throws when it was not written, which is logged already. */
  const noteReceipts = async (kind: Receipt['kind'], ids: readonly string[]): Promise<void> => {
    const written = Promise.all(ids.map((id) => messages.transition(id, deviceId, kind)));
    const end: Promise<unknown> = written
      .catch((error: unknown) => logger.error('a receipt was not written', describeError(error)))
      .finally(() => noting.delete(end));
    noting.add(end);
    await written;
  };
  const say = (report: DeviceReport, event?: DeviceEvent, data?: Readonly<Record<string, unknown>>): void =>
    remember(() => devices.reportAsOwner(lease, report, event && { event, ...(data ? { data } : {}) }));
  const isOurs = (id: string): boolean => isMessageId(id) && shardOfMessage(id) === shardOfDevice(deviceId);

  const wentOffline = (state: DeviceState): void => {
    const wasOnline = online;
    online = false;
    if (wasOnline) say({ state, lastSeenAt: Date.now() }, 'device.disconnected', { state });
    else say({ state });
  };

  return {
    stateChanged(state, why) {
      if (state === 'connecting' && !online) say({ state: 'connecting' });
      if (state === 'pairing') say({ state: 'pairing' });
      // A code is worth nothing without the socket that showed it.
      if (showsCodes && state !== 'pairing') remember(() => devices.codes.hide(deviceId));
      showsCodes = state === 'pairing';
      if (state === 'waiting' || (state === 'ended' && why)) wentOffline((why && LOST_STATES[why]) ?? 'offline');
    },
    codeShown(qr, lifetimeMs) {
      const expiresAt = Date.now() + lifetimeMs;
      remember(() => devices.codes.showQr(deviceId, { qr, expiresAt }));
    },
    linkCodeShown(code) {
      remember(() => devices.codes.showLink(deviceId, code));
    },
    paired(identity) {
      remember(() => devices.codes.hide(deviceId));
      remember(() => pacings.notePaired(deviceId));
      say(
        { ...identityFields(identity), paired: true, pairingUntil: null },
        'pair.success',
        describeIdentity(identity),
      );
    },
    connected(identity) {
      online = true;
      const fields = { ...identityFields(identity), state: 'connected', paired: true, lastSeenAt: Date.now() } as const;
      say(fields, 'device.connected', describeIdentity(identity));
    },
    loggedOut() {
      const nobody = { jid: null, lid: null, phone: null, pairingUntil: null };
      say({ ...nobody, paired: false, state: 'logged_out' }, 'device.logged_out');
    },
    async receipt({ kind, messageIds }: Receipt) {
      const ours = messageIds.filter(isOurs);
      if (ours.length > 0) await noteReceipts(kind, ours);
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
      await Promise.all([tail, ...noting]);
    },
  };
}

/** As an event tells it. */
const describeIdentity = ({ jid, phone }: DeviceIdentity) => ({ jid, phone_number: phone });

function identityFields({ jid, lid, phone }: DeviceIdentity) {
  return { jid, phone, ...(lid === undefined ? {} : { lid }) };
}
