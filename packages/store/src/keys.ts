/**
 * Every key Pombo keeps in Redis, named in one place. Everything of a device carries its shard as the Cluster hash
 * tag, so that one script can touch a record, the device's counters and the outbox together.
 */
import { type Shard, shardOfDevice, shardOfMessage } from '@pombo/contracts';
import { createWebhookKeys, type WebhookKeys } from './webhooks/webhook-keys.js';

export interface Keys extends WebhookKeys {
  /** Hash: the record of a message. */
  record(messageId: string): string;
  /** What the key of every record in a shard starts with; the message id follows. */
  recordPrefix(shard: Shard): string;
  /** String, encrypted: what the message says and, once it has left, what was sent. */
  content(messageId: string): string;
  /** String, encrypted: media as it was sent, shared by all messages of a shard that carry it; by its SHA-256 in hex. */
  sharedMedia(shard: Shard, sha256: string): string;
  /** Stream: events waiting to be relayed to webhooks. */
  outbox(shard: Shard): string;
  /** Pub/sub channel on which a shard is named whenever its outbox gets an event. */
  readonly outboxChannel: string;
  /** String, encrypted: a message somebody wrote to the device; by a hash of chat, sender and WhatsApp's id. */
  received(deviceId: string, hash: string): string;
  /** String: by a hash of WhatsApp's id, the hash of the first received message that has it. */
  receivedId(deviceId: string, hash: string): string;
  /** Hash: received messages whose media is still to be fetched, each with how often that was begun. */
  receivedPending(deviceId: string): string;
  /** Hash: how far a shard's outbox has been relayed, and by whom just now. */
  relay(shard: Shard): string;
  /** Hash: a device. */
  device(deviceId: string): string;
  /**
   * Hash: `seq`, the last sequence number given; `waiting`, messages not yet acknowledged or failed; `life`, the longest
   * time from accept to expiry any message was given, in milliseconds; `soonest`, no message accepted since the janitor's
   * last walk expires before; `sweeping`, until when a walk under way has time; `tended`, when retention was looked after.
   */
  counters(deviceId: string): string;
  /**
   * Hash: a device's own pacing limits, what it has used of them by the hour, when it was paired, and until when WhatsApp
   * restricts its account.
   */
  pace(deviceId: string): string;
  /** List: when the messages of the last minute were dispatched, the last first. */
  paceMinute(deviceId: string): string;
  /** Sorted set: chats the account has written to or heard from, by the last time. */
  chats(deviceId: string): string;
  /** Stream: the device's messages as they were accepted. */
  messageIndex(deviceId: string): string;
  /** Hash: owner and epoch of the device's lease. */
  lease(deviceId: string): string;
  /** Hash, values encrypted: credentials and Signal keys. */
  auth(deviceId: string): string;
  /** String: the pairing code on show. */
  pairing(deviceId: string): string;
  /** String: the code on show that is to be typed into a phone. */
  linking(deviceId: string): string;
  /** BullMQ's prefix for the queues of a shard. */
  queuePrefix(shard: Shard): string;
  /** Hash: device id → tenant id, of all devices. */
  readonly deviceIndex: string;
  /** Counter that grows whenever a worker should look at a device again. */
  readonly deviceVersion: string;
  /** Sorted set: device ids by the version that told to look at them. */
  readonly deviceChanges: string;
  /** Hash: the workers, each with its time to live, age and capacity. */
  readonly workers: string;
  /** Pub/sub channel of the workers. */
  readonly fleetChannel: string;
  /** Set: ids of all tenants. */
  readonly tenantIndex: string;
  /** Hash: a tenant. */
  tenant(tenantId: string): string;
  /** Set: ids of a tenant's users. */
  tenantUsers(tenantId: string): string;
  /** Hash: a user of a tenant. */
  user(tenantId: string, userId: string): string;
  /** Hash: something being erased of a tenant, and how far that has come. */
  erasure(tenantId: string, erasureId: string): string;
  /** String: which process has it in hand. */
  erasureLock(tenantId: string, erasureId: string): string;
  /** Set: erasures not finished, as `tenant/erasure`. */
  readonly erasureIndex: string;
  /** What every key starts with. */
  readonly everyPrefix: string;
  /** Hash: how many messages a user may send now, and since when. */
  userBucket(tenantId: string, userId: string): string;
  /** Set: ids of a tenant's devices. */
  tenantDevices(tenantId: string): string;
  /** String, encrypted: what a request with an `Idempotency-Key` set out to do; by a hash of that key. */
  intent(tenantId: string, keyHash: string): string;
  /** String, encrypted: media uploaded ahead. */
  media(tenantId: string, mediaId: string): string;
  /** String, encrypted: what messages of a tenant can use again, by a hash of what it is. */
  reusable(tenantId: string, hash: string): string;
  /** String: the process that makes it right now. */
  reusableClaim(tenantId: string, hash: string): string;
  /** Hash: whom a token names. It counts only while the user's own hash names it too. */
  token(tokenHash: string): string;
  /** Pub/sub channel on which processes hear that what they remember of callers and devices has changed. */
  readonly changes: string;
  /** Hash: what WhatsApp said about a number. */
  recipient(number: string): string;
  /** Hash: the same for a LID; mostly which number's entry to look at. */
  recipientLid(lid: string): string;
  /** String: the process that asks WhatsApp about this JID right now. */
  recipientClaim(jid: string): string;
  /** Hash: how many unknown numbers the device may ask about. */
  lookUps(deviceId: string): string;
  /** String: the device gave this contact a privacy token lately. */
  privacyToken(deviceId: string, jid: string): string;
  /** Pub/sub channel on which the outcome of a message is told to whoever waits for it. */
  outcome(messageId: string): string;
  /** Start of all outcome channels. */
  readonly outcomePrefix: string;
  /** String: proof that ingress and worker see the same media folder. */
  readonly mediaProbe: string;
  readonly mediaSize: string;
}

/** @param prefix keeps several Pombos (or tests) apart in one Redis; no colon, no braces. */
export function createKeys(prefix: string): Keys {
  const ofShard = (shard: Shard): string => `${prefix}:{${shard}}`;
  const ofMessage = (messageId: string, part: string): string =>
    `${ofShard(shardOfMessage(messageId))}:${part}:${messageId}`;
  const ofDevice = (deviceId: string): string => `${ofShard(shardOfDevice(deviceId))}:d:${deviceId}`;
  const ofTenant = (tenantId: string): string => `${prefix}:t:{${tenantId}}`;
  const outcomePrefix = `${prefix}:outcome:`;
  // One tag: one script tells a worker of all of these.
  const fleet = `${prefix}:{fleet}`;
  return {
    ...createWebhookKeys(prefix, ofTenant),
    record: (messageId) => ofMessage(messageId, 'm'),
    recordPrefix: (shard) => `${ofShard(shard)}:m:`,
    content: (messageId) => ofMessage(messageId, 'c'),
    sharedMedia: (shard, sha256) => `${ofShard(shard)}:sm:${sha256}`,
    outbox: (shard) => `${ofShard(shard)}:outbox`,
    outboxChannel: `${prefix}:outbox`,
    received: (deviceId, hash) => `${ofDevice(deviceId)}:in:${hash}`,
    receivedId: (deviceId, hash) => `${ofDevice(deviceId)}:inid:${hash}`,
    receivedPending: (deviceId) => `${ofDevice(deviceId)}:inp`,
    relay: (shard) => `${ofShard(shard)}:relay`,
    device: ofDevice,
    counters: (deviceId) => `${ofDevice(deviceId)}:n`,
    pace: (deviceId) => `${ofDevice(deviceId)}:pace`,
    paceMinute: (deviceId) => `${ofDevice(deviceId)}:pace-minute`,
    chats: (deviceId) => `${ofDevice(deviceId)}:chats`,
    messageIndex: (deviceId) => `${ofDevice(deviceId)}:log`,
    lease: (deviceId) => `${ofDevice(deviceId)}:lease`,
    auth: (deviceId) => `${ofDevice(deviceId)}:auth`,
    pairing: (deviceId) => `${ofDevice(deviceId)}:pairing`,
    linking: (deviceId) => `${ofDevice(deviceId)}:linking`,
    queuePrefix: ofShard,
    deviceIndex: `${fleet}:devices`,
    deviceVersion: `${fleet}:version`,
    deviceChanges: `${fleet}:changes`,
    workers: `${fleet}:workers`,
    fleetChannel: `${prefix}:fleet`,
    tenantIndex: `${prefix}:tenants`,
    tenant: ofTenant,
    tenantUsers: (tenantId) => `${ofTenant(tenantId)}:users`,
    user: (tenantId, userId) => `${ofTenant(tenantId)}:u:${userId}`,
    erasure: (tenantId, erasureId) => `${ofTenant(tenantId)}:e:${erasureId}`,
    erasureLock: (tenantId, erasureId) => `${ofTenant(tenantId)}:e:${erasureId}:lock`,
    erasureIndex: `${prefix}:erasures`,
    everyPrefix: `${prefix}:`,
    userBucket: (tenantId, userId) => `${ofTenant(tenantId)}:b:${userId}`,
    tenantDevices: (tenantId) => `${ofTenant(tenantId)}:devices`,
    intent: (tenantId, keyHash) => `${ofTenant(tenantId)}:i:${keyHash}`,
    media: (tenantId, mediaId) => `${ofTenant(tenantId)}:media:${mediaId}`,
    reusable: (tenantId, hash) => `${ofTenant(tenantId)}:re:${hash}`,
    reusableClaim: (tenantId, hash) => `${ofTenant(tenantId)}:rc:${hash}`,
    token: (tokenHash) => `${prefix}:token:${tokenHash}`,
    changes: `${prefix}:changes`,
    recipient: (number) => `${prefix}:r:${number}`,
    recipientLid: (lid) => `${prefix}:rl:${lid}`,
    recipientClaim: (jid) => `${prefix}:rc:${jid}`,
    lookUps: (deviceId) => `${ofDevice(deviceId)}:look`,
    privacyToken: (deviceId, jid) => `${ofDevice(deviceId)}:pt:${jid}`,
    outcome: (messageId) => `${outcomePrefix}${messageId}`,
    outcomePrefix,
    mediaProbe: `${prefix}:media-probe`,
    mediaSize: `${prefix}:media-size`,
  };
}
