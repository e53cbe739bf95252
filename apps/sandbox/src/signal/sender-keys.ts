/** Group messages: sender keys through the repository Baileys itself uses. */
import {
  addTransactionCapability,
  DEFAULT_CONNECTION_CONFIG,
  type proto,
  type SignalDataSet,
  type SignalKeyStore,
} from '@pombo/whatsapp/protocol';
import type { DeviceIdentity } from './device-identity.js';
import { silentLibraryLogger } from './silent-library-logger.js';

type Repository = ReturnType<typeof DEFAULT_CONNECTION_CONFIG.makeSignalRepository>;

export type StoredSenderKey = readonly [name: string, record: Uint8Array];

export class SenderKeys {
  readonly #identity: DeviceIdentity;
  readonly #records = new Map<string, Uint8Array>();
  #repository: Repository | undefined;

  constructor(identity: DeviceIdentity, stored: readonly StoredSenderKey[] = []) {
    this.#identity = identity;
    for (const [name, record] of stored) this.#records.set(name, record);
  }

  /** Takes the key a sender distributed. */
  accept(authorJid: string, item: proto.Message.ISenderKeyDistributionMessage): Promise<void> {
    return this.#open().processSenderKeyDistributionMessage({ authorJid, item });
  }

  /** @throws when the sender's key is missing or its counter was used before. */
  async decrypt(group: string, authorJid: string, message: Uint8Array): Promise<Uint8Array> {
    return this.#open().decryptGroupMessage({ group, authorJid, msg: message });
  }

  serialize(): StoredSenderKey[] {
    return [...this.#records];
  }

  /** Made when first needed: most devices never see a group. */
  #open(): Repository {
    const keys = addTransactionCapability(this.#store(), silentLibraryLogger, {
      maxCommitRetries: 1,
      delayBetweenTriesMs: 1,
    });
    const { identityKey: signedIdentityKey, signedPreKey, registrationId } = this.#identity;
    const creds = { signedIdentityKey, signedPreKey, registrationId };
    return (this.#repository ??= DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds, keys }, silentLibraryLogger));
  }

  #store(): SignalKeyStore {
    return {
      get: (_type, ids) => {
        const found = ids.flatMap((id) => (this.#records.has(id) ? [[id, this.#records.get(id)]] : []));
        return Object.fromEntries(found) as never;
      },
      set: (data: SignalDataSet) => {
        for (const [name, record] of Object.entries(data['sender-key'] ?? {})) {
          if (record) this.#records.set(name, record);
        }
      },
    };
  }
}
