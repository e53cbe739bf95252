/** Everything Pombo remembers, over one Redis connection. */
import { type Config, DAY, type Redis, SECOND } from '@pombo/runtime';
import { createDeviceBackups, type DeviceBackups } from './backups/device-backups.js';
import { createCipher, type Cipher } from './cipher.js';
import { type Claims, createClaims } from './claims.js';
import { createDeviceOrders, type DeviceOrders } from './device-orders.js';
import { createDevices, type Devices } from './devices.js';
import { createEraseRecipient, type EraseRecipient } from './erase-recipient.js';
import { createErasures, type Erasures } from './erasure/erasures.js';
import { createFindAliases, type FindAliases } from './erasure/find-aliases.js';
import { createIntents, type Intents } from './intents.js';
import { createLeftovers, type Leftovers } from './leftovers.js';
import { createKeys, type Keys } from './keys.js';
import { createLookUpBudget, type LookUpBudget } from './look-up-budget.js';
import { createMedia, type Media } from './media.js';
import { createMediaProbe, type MediaProbe } from './media-probe.js';
import { createMediaSize, type MediaSize } from './media-size.js';
import { createMessageIndex, type MessageIndex } from './message-index.js';
import { createMessages, type Messages } from './messages.js';
import { createOutbox, type Outbox } from './outbox.js';
import { createPacings, type Pacings } from './pacings.js';
import { createPrivacyTokenTimes, type PrivacyTokenTimes } from './privacy-token-times.js';
import { createReusables, type Reusables } from './reusables.js';
import { createReceivedMessages, type ReceivedMessages } from './received-messages.js';
import { createRecipients, type Recipients } from './recipients.js';
import { createRestrictions, type Restrictions } from './restrictions.js';
import { createSendAllowance, type SendAllowance } from './send-allowance.js';
import { createSentMessages, type SentMessages } from './sent-messages.js';
import { createTenants, type Tenants } from './tenants.js';
import { createUsers, type Users } from './users.js';
import { createWorkers, type Workers } from './workers.js';
import { createWebhooks, type Webhooks } from './webhooks/webhooks.js';

export interface Store {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly cipher: Cipher;
  readonly messages: Messages;
  readonly leftovers: Leftovers;
  readonly messageIndex: MessageIndex;
  readonly intents: Intents;
  readonly sentMessages: SentMessages;
  readonly devices: Devices;
  readonly deviceOrders: DeviceOrders;
  readonly deviceBackups: DeviceBackups;
  readonly tenants: Tenants;
  readonly users: Users;
  readonly sendAllowance: SendAllowance;
  readonly recipients: Recipients;
  readonly recipientClaims: Claims;
  readonly eraseRecipient: EraseRecipient;
  readonly erasures: Erasures;
  readonly findAliases: FindAliases;
  readonly lookUpBudget: LookUpBudget;
  readonly privacyTokenTimes: PrivacyTokenTimes;
  readonly pacings: Pacings;
  readonly restrictions: Restrictions;
  readonly outbox: Outbox;
  readonly received: ReceivedMessages;
  readonly webhooks: Webhooks;
  readonly media: Media;
  readonly reusables: Reusables;
  readonly mediaProbe: MediaProbe;
  readonly mediaSize: MediaSize;
  readonly workers: Workers;
}

/** WhatsApp answers in well under a second; this is for a worker that died meanwhile. */
const RECIPIENT_CLAIM_MS = 15 * SECOND;
/** How long it can be read what became of an erasure. */
const ERASURE_RETENTION_MS = 7 * DAY;
/** As WhatsApp Web does: one token per contact and week. */
const PRIVACY_TOKEN_MS = 7 * DAY;

/** @param redis stays the caller's to close. */
export function createStore(redis: Redis, config: Config): Store {
  const keys = createKeys(config.REDIS_PREFIX);
  const cipher = createCipher(config.SESSION_ENCRYPTION_KEY);
  const webhooks = createWebhooks(redis, keys, cipher, config);
  const users = createUsers(redis, keys, webhooks.endpoints);
  const retention = {
    recordRetentionMs: config.RECORD_RETENTION_MS,
    outboxRetentionMs: config.OUTBOX_RETENTION_MS,
  };
  const devices = createDevices(redis, keys, config.OUTBOX_RETENTION_MS);
  const pacings = createPacings(redis, keys);
  return {
    redis,
    keys,
    cipher,
    messages: createMessages(redis, keys, cipher, {
      ...retention,
      deviceMaxWaiting: config.DEVICE_MAX_WAITING,
      chatRetentionMs: config.CONTACT_RETENTION_MS,
    }),
    leftovers: createLeftovers(redis, keys, retention),
    messageIndex: createMessageIndex(redis, keys),
    intents: createIntents(redis, keys, cipher, config.IDEMPOTENCY_RETENTION_MS),
    sentMessages: createSentMessages(redis, keys, cipher, config.SENT_RETENTION_MS),
    devices,
    deviceOrders: createDeviceOrders(redis, keys, cipher, devices),
    deviceBackups: createDeviceBackups(redis, keys, cipher, { devices, pacings }),
    tenants: createTenants(redis, keys, users),
    users,
    sendAllowance: createSendAllowance(redis, keys, config.USER_RATE_PER_SECOND, config.USER_RATE_BURST),
    recipients: createRecipients(redis, keys, {
      knownMs: config.RECIPIENT_RETENTION_MS,
      absentMs: config.RECIPIENT_ABSENT_RETENTION_MS,
    }),
    recipientClaims: createClaims(redis, (jid) => keys.recipientClaim(jid), RECIPIENT_CLAIM_MS),
    eraseRecipient: createEraseRecipient(redis, keys),
    erasures: createErasures(redis, keys, ERASURE_RETENTION_MS),
    findAliases: createFindAliases(redis, keys, cipher),
    lookUpBudget: createLookUpBudget(redis, keys, config.LOOK_UPS_PER_HOUR, config.LOOK_UP_BURST),
    privacyTokenTimes: createPrivacyTokenTimes(redis, keys, PRIVACY_TOKEN_MS),
    pacings,
    restrictions: createRestrictions(redis, keys, {
      chatsMs: config.CONTACT_RETENTION_MS,
      outboxMs: config.OUTBOX_RETENTION_MS,
    }),
    outbox: createOutbox(redis, keys),
    received: createReceivedMessages(redis, keys, cipher, {
      retentionMs: config.INBOUND_RETENTION_MS,
      outboxMs: config.OUTBOX_RETENTION_MS,
    }),
    webhooks,
    media: createMedia(redis, keys, cipher, config.MEDIA_RETENTION_MS),
    reusables: createReusables(redis, keys, cipher),
    mediaProbe: createMediaProbe(redis, keys),
    mediaSize: createMediaSize(redis, keys),
    workers: createWorkers(redis, keys),
  };
}
