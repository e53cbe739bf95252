import { createAuthState, createLeases } from '@pombo/store';
import { encodeCredentials } from '@pombo/whatsapp';

const SEED_LEASE_MS = 60_000;

/** Stores a linked device's credentials under an epoch of our own, as if it had been paired here. */
export async function seedDevice(store, tenantId, linked, name) {
  const { id } = await store.devices.create(tenantId, name);
  const leases = createLeases(store.redis, store.keys, 'seed', SEED_LEASE_MS);
  const lease = await leases.claim(id);
  await createAuthState(store.redis, store.keys, store.cipher, id, lease.epoch).write(encodeCredentials(linked.creds));
  await store.devices.report(id, { paired: true, state: 'offline', jid: linked.jid, phone: linked.phone });
  await leases.release(lease);
  await store.redis.incr(store.keys.deviceVersion);
  return { id, jid: linked.jid };
}
