import type { Request } from 'express';

/** `?device_id=`, on routes that may name a device there. */
export function queriedDeviceId(request: Request): string | undefined {
  const given = request.query['device_id'];
  return typeof given === 'string' && given !== '' ? given : undefined;
}
