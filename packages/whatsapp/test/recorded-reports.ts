/** Everything a session reported, for tests to wait for. */
import type {
  Ack,
  DeviceIdentity,
  DisconnectKind,
  ReachoutLock,
  Receipt,
  Received,
  SessionReports,
  SessionState,
} from '@pombo/whatsapp';

export interface StateChange {
  readonly state: SessionState;
  readonly why: DisconnectKind | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface RecordedReports {
  readonly reports: SessionReports;
  readonly states: StateChange[];
  /** States, and the reports that are not states, by name and in order. */
  readonly order: string[];
  readonly codes: Array<{ readonly qr: string; readonly lifetimeMs: number }>;
  readonly paired: DeviceIdentity[];
  readonly connected: DeviceIdentity[];
  readonly receipts: Receipt[];
  readonly received: Received[];
  readonly lateAcks: Ack[];
  /** JIDs, in the order they were heard from. */
  readonly heard: string[];
  readonly reachoutLocks: ReachoutLock[];
  readonly evictions: unknown[];
}

export function recordReports(): RecordedReports {
  const order: string[] = [];
  const recorded: Omit<RecordedReports, 'reports'> = {
    ...{
      order,
      states: [],
      codes: [],
      paired: [],
      connected: [],
      receipts: [],
      received: [],
      lateAcks: [],
      evictions: [],
    },
    ...{ heard: [], reachoutLocks: [] },
  };
  const note = <T>(name: string, list: T[], value: T): void => {
    order.push(name);
    list.push(value);
  };
  const reports: SessionReports = {
    stateChanged: (state, why) => note(state, recorded.states, { state, why, at: Date.now() }),
    codeShown: (qr, lifetimeMs) => note('code', recorded.codes, { qr, lifetimeMs }),
    paired: (identity) => note('paired', recorded.paired, identity),
    connected: (identity) => note('identity', recorded.connected, identity),
    loggedOut: () => void order.push('logged out'),
    receipt: (receipt) => void recorded.receipts.push(receipt),
    heard: (chats) => void recorded.heard.push(...chats),
    reachoutLock: (lock) => void recorded.reachoutLocks.push(lock),
    received: (received) => void recorded.received.push(received),
    lateAck: (ack) => void recorded.lateAcks.push(ack),
    evicted: (error) => note('evicted', recorded.evictions, error),
  };
  return { ...recorded, reports };
}
