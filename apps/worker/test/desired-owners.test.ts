import { expect, test } from '@jest/globals';
import type { LiveWorker } from '@pombo/store';
import { desireOwners } from '../src/fleet/desired-owners.js';

const worker = (name: string, changes: Partial<LiveWorker> = {}): LiveWorker => ({
  ...{ name, ageMs: 60_000, capacity: 1000, draining: false, connecting: 0, leftMs: 5000 },
  ...changes,
});
const devices = Array.from({ length: 1000 }, (_, i) => `dev_${i.toString(16).padStart(3, '0')}abcdef0123456789a`);
const names = ['host-1f3a', 'host-22b0', 'host-9c9c', 'host-d001'];

const sharesOf = (owners: ReturnType<typeof desireOwners>) => names.map((name) => owners.devicesOf(name).length);

test('devices are shared about evenly, and everyone finds the same owners whatever order it heard of them', () => {
  const owners = desireOwners(
    devices,
    names.map((name) => worker(name)),
  );
  for (const share of sharesOf(owners)) {
    expect(share).toBeGreaterThan(190);
    expect(share).toBeLessThan(310);
  }
  const elsewhere = desireOwners([...devices].reverse(), names.map((name) => worker(name)).reverse());
  for (const id of devices) expect(elsewhere.ownerOf(id)).toBe(owners.ownerOf(id));
});

test('a worker that comes or goes moves no device between the others', () => {
  const all = desireOwners(
    devices,
    names.map((name) => worker(name)),
  );
  const fewer = desireOwners(
    devices,
    names.slice(1).map((name) => worker(name)),
  );
  for (const id of devices) if (all.ownerOf(id) !== names[0]) expect(fewer.ownerOf(id)).toBe(all.ownerOf(id));
});

test('a worker with three times the capacity is given about three times as many', () => {
  const owners = desireOwners(devices, [worker('host-1f3a', { capacity: 3000 }), worker('host-22b0')]);
  expect(owners.devicesOf('host-1f3a').length).toBeGreaterThan(700);
  expect(owners.devicesOf('host-1f3a').length).toBeLessThan(800);
});

test('nobody is given more than there is room for, and what is too much waits', () => {
  const owners = desireOwners(
    devices,
    names.map((name) => worker(name, { capacity: 240 })),
  );
  for (const share of sharesOf(owners)) expect(share).toBe(240);
  expect(owners.waiting).toBe(40);
});

test('a worker that drains or has no capacity is given nothing', () => {
  const workers = [worker('host-1f3a', { draining: true }), worker('host-22b0', { capacity: 0 }), worker('host-9c9c')];
  expect(desireOwners(devices, workers).devicesOf('host-9c9c')).toHaveLength(devices.length);
  expect(desireOwners(devices, []).waiting).toBe(devices.length);
});

test('who stands in for an owner is another worker', () => {
  const owners = desireOwners(
    devices,
    names.map((name) => worker(name)),
  );
  for (const id of devices) expect(owners.understudyOf(id)).not.toBe(owners.ownerOf(id));
  expect(names.reduce((sum, name) => sum + owners.understudiedBy(name).length, 0)).toBe(devices.length);
});
