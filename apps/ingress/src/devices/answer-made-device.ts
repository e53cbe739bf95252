import type { DeviceRecord } from '@pombo/store';
import type { Response } from 'express';
import { rfc3339 } from '../http/rfc3339.js';

/** 201 for a device that is there from now on, however it came to be. @param extras `warnings`, if there are any. */
export function answerMadeDevice(
  response: Response,
  { id, name, createdAt }: Pick<DeviceRecord, 'id' | 'name' | 'createdAt'>,
  extras: object,
): void {
  response
    .status(201)
    .location(`/devices/${id}`)
    .json({
      success: true,
      device: { id, name, connected: false, created_at: rfc3339(createdAt) },
      data: { device_id: id, name },
      ...extras,
    });
}
