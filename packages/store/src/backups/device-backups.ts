/**
 * Copies of devices that leave Pombo and come back. A copy ages: its device goes on sending. What comes back is therefore
 * marked, and the worker that opens it first has every sending chain jump ahead.
 */
import { type DeviceCopy, deviceCopySchema, IMPORTED_MARK, NO_PACING, PomboError } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import { readAuthEntries, seedAuthEntries } from '../auth-state.js';
import type { Cipher } from '../cipher.js';
import type { DeviceRecord, Devices } from '../devices.js';
import type { Keys } from '../keys.js';
import type { Pacings } from '../pacings.js';
import { openBackup, sealBackup } from './seal-backup.js';

export interface DeviceBackups {
  /**
   * As it is in one moment, sealed with the passphrase.
   * @throws PomboError DEVICE_NOT_READY for a device that is not paired.
   */
  create(device: DeviceRecord, passphrase: string): Promise<string>;
  /**
   * Makes a device of a backup; a worker connects it.
   * @param name otherwise as it was called when it was copied.
   * @throws PomboError VALIDATION_ERROR when backup or passphrase is wrong; ALREADY_CONNECTED when the tenant has this
   * very device: two of it would throw each other out.
   */
  restore(tenantId: string, backup: string, passphrase: string, name?: string): Promise<DeviceRecord>;
}

export function createDeviceBackups(
  redis: Redis,
  keys: Keys,
  cipher: Cipher,
  { devices, pacings }: { readonly devices: Devices; readonly pacings: Pacings },
): DeviceBackups {
  const copy = async (device: DeviceRecord): Promise<DeviceCopy> => {
    const [auth, { own }, pairedAt, chats] = await Promise.all([
      readAuthEntries(redis, keys, cipher, device.id),
      pacings.read(device.id, NO_PACING),
      redis.hget(keys.pace(device.id), 'paired'),
      redis.zrange(keys.chats(device.id), 0, -1, 'WITHSCORES'),
    ]);
    const { name, jid, lid, phone, paired } = device;
    if (!paired || jid === undefined || auth.size === 0) {
      throw new PomboError('DEVICE_NOT_READY', 'the device is not paired: there is nothing to export');
    }
    return {
      name,
      jid,
      copiedAt: Date.now(),
      auth: [...auth],
      pacing: own,
      chats: inPairs(chats),
      ...(lid === undefined ? {} : { lid }),
      ...(phone === undefined ? {} : { phone }),
      ...(pairedAt === null ? {} : { pairedAt: Number(pairedAt) }),
    };
  };

  const refuseTwin = async (tenantId: string, jid: string): Promise<void> => {
    const twin = (await devices.listOfTenant(tenantId)).find((device) => device.paired && device.jid === jid);
    if (twin) throw new PomboError('ALREADY_CONNECTED', `this device is here already, as ${twin.id}`);
  };

  return {
    create: async (device, passphrase) => sealBackup(JSON.stringify(await copy(device)), passphrase),
    async restore(tenantId, backup, passphrase, name) {
      const { auth, pacing, pairedAt, chats, jid, lid, phone, ...was } = await readCopy(backup, passphrase);
      await refuseTwin(tenantId, jid);
      const { id } = await devices.create(tenantId, name ?? was.name);
      await seedAuthEntries(redis, keys, cipher, id, new Map([...auth, [IMPORTED_MARK, '1']]));
      await pacings.change(id, pacing);
      if (pairedAt !== undefined) await redis.hset(keys.pace(id), 'paired', pairedAt);
      if (chats.length > 0) await redis.zadd(keys.chats(id), ...chats.flatMap(([chat, at]) => [at, chat]));
      // Last: from here on workers want it, and until here dying leaves a device that was never paired.
      await devices.report(id, { paired: true, state: 'offline', jid, lid: lid ?? null, phone: phone ?? null });
      const made = await devices.read(id);
      if (!made) throw new PomboError('DEVICE_NOT_FOUND', 'the device was deleted while it was imported');
      return made;
    },
  };
}

function inPairs(flat: readonly string[]): Array<[string, number]> {
  return flat.flatMap((chat, index) => (index % 2 === 0 ? [[chat, Number(flat[index + 1])]] : []));
}

async function readCopy(backup: string, passphrase: string): Promise<DeviceCopy> {
  try {
    const opened: unknown = JSON.parse(await openBackup(backup, passphrase));
    return await deviceCopySchema.validateAsync(opened);
  } catch (cause) {
    const message = 'it is no backup of a device, was changed, or has another passphrase';
    const validation = [{ field: 'backup', message }];
    throw new PomboError('VALIDATION_ERROR', `backup: ${message}`, { cause, validation });
  }
}
