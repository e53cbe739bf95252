import Joi from 'joi';
import { createDeviceSchema } from '../../devices/create-device-schema.js';
import {
  connectedStatus,
  createdDevice,
  createdDeviceSchema,
  deviceList,
  deviceListSchema,
  deviceSchema,
  noDeviceStatus,
  oneDevice,
  qrCode,
  qrSchema,
  statusSchema,
} from '../answers/device-answers.js';
import { deviceId } from '../answers/values.js';
import type { Operation } from '../operation.js';

const path = Joi.object({ id: deviceId.required() });
const query = Joi.object({ device_id: deviceId.description('Which device; without it, the one that fits best.') });

export const deviceOperations = {
  'POST /devices': {
    tag: 'Devices',
    summary: 'Make a device',
    description: 'It sends once it is paired with a phone: `GET /qr` shows the code to scan.',
    body: { schema: createDeviceSchema, examples: { 'A device': { name: 'Front desk' } } },
    answers: {
      201: {
        description: 'The device is there, not paired yet.',
        headers: ['Location'],
        schema: createdDeviceSchema,
        examples: { Made: createdDevice },
      },
    },
  },
  'GET /devices': {
    tag: 'Devices',
    summary: 'List the devices',
    answers: {
      200: {
        description: 'All devices of the tenant.',
        schema: deviceListSchema,
        examples: { 'One device': deviceList },
      },
    },
  },
  'GET /devices/:id': {
    tag: 'Devices',
    summary: 'Read a device',
    path,
    answers: { 200: { description: 'The device.', schema: deviceSchema, examples: { Connected: oneDevice } } },
    errors: ['DEVICE_NOT_FOUND'],
  },
  'GET /status': {
    tag: 'Devices',
    summary: 'Ask whether a device is connected',
    description: 'Answers 200 whatever the state, also where there is no device.',
    query,
    answers: {
      200: {
        description: 'The state.',
        schema: statusSchema,
        examples: { Connected: connectedStatus, 'No device': noDeviceStatus },
      },
    },
  },
  'GET /qr': {
    tag: 'Devices',
    summary: 'Get a code to pair a device',
    description:
      'In WhatsApp on the phone: _Linked devices_, _Link a device_. A code is good for some 20 seconds; ask again for the next one.',
    query,
    answers: { 200: { description: 'The code to scan.', schema: qrSchema, examples: { 'A code': qrCode } } },
    errors: ['DEVICE_NOT_FOUND', 'ALREADY_CONNECTED', 'DEVICE_ERROR'],
  },
} satisfies Record<string, Operation>;
