import Joi from 'joi';
import {
  createDeviceSchema,
  exportDeviceSchema,
  importDeviceSchema,
  namedDeviceSchema,
  pairCodeSchema,
  updateDeviceSchema,
} from '../../devices/device-schemas.js';
import {
  connectedStatus,
  createdDevice,
  createdDeviceSchema,
  deletedDevice,
  deletedDeviceSchema,
  deviceList,
  deviceListSchema,
  deviceSchema,
  exportedDevice,
  exportedDeviceSchema,
  noDeviceStatus,
  loggedOutStatus,
  offlineStatus,
  oneDevice,
  pairCode,
  pairCodeSchema as pairCodeAnswer,
  qrCode,
  qrSchema,
  qrStatus,
  qrStatusSchema,
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
  'PATCH /devices/:id': {
    tag: 'Devices',
    summary: 'Change a device',
    description:
      'Takes effect at once. Another proxy means a new connection: WhatsApp, uploads and look-ups all go through it. User and password of a proxy are stored encrypted and never shown.',
    path,
    body: {
      schema: updateDeviceSchema,
      examples: {
        'Another name': { name: 'Front desk' },
        'A proxy': { proxy: 'socks5://user:password@proxy.example.com:1080' },
        'No proxy': { proxy: null },
        Slower: { pacing: { per_minute: 5, per_day: 500 } },
      },
    },
    answers: {
      200: { description: 'The device as it is now.', schema: deviceSchema, examples: { Changed: oneDevice } },
    },
    errors: ['DEVICE_NOT_FOUND'],
  },
  'DELETE /devices/:id': {
    tag: 'Devices',
    summary: 'Delete a device',
    description:
      'It is gone at once; a worker then unlinks it from its phone. Messages that wait for it end `failed` with `DEVICE_NOT_READY`. The records of its messages stay for as long as all others.',
    path,
    answers: {
      200: { description: 'It is deleted.', schema: deletedDeviceSchema, examples: { Deleted: deletedDevice } },
    },
    errors: ['DEVICE_NOT_FOUND'],
  },
  'POST /devices/:id/export': {
    tag: 'Devices',
    summary: 'Export a device',
    description:
      'Credentials, Signal keys, known chats and pacing of a paired device, encrypted with the passphrase. Whoever has both is the device. To move a device: `POST /disconnect`, export, import elsewhere, and leave it disconnected here; deleting it or `POST /logout` would unlink the imported one from the phone too.',
    path,
    body: { schema: exportDeviceSchema, examples: { 'A passphrase': { passphrase: 'correct horse battery staple' } } },
    answers: {
      200: { description: 'The backup.', schema: exportedDeviceSchema, examples: { Exported: exportedDevice } },
    },
    errors: ['DEVICE_NOT_FOUND', 'DEVICE_NOT_READY'],
  },
  'POST /devices/import': {
    tag: 'Devices',
    summary: 'Import a device',
    description:
      'Makes a device of a backup, which connects by itself, without pairing. Of the copies of a device only one may run: two throw each other out. An old backup can be imported; up to 1,000 messages may have been sent in each chat since.',
    body: {
      schema: importDeviceSchema,
      examples: {
        'A backup': { backup: exportedDevice.backup, passphrase: 'correct horse battery staple', name: 'Front desk' },
      },
    },
    answers: {
      201: {
        description: 'The device is there and about to connect.',
        headers: ['Location'],
        schema: createdDeviceSchema,
        examples: { Imported: createdDevice },
      },
    },
    errors: ['ALREADY_CONNECTED'],
  },
  'GET /qr/status': {
    tag: 'Devices',
    summary: 'Ask whether a code is on show',
    description: 'Does not ask for one, unlike `GET /qr`.',
    query,
    answers: { 200: { description: 'How pairing goes.', schema: qrStatusSchema, examples: { 'A code': qrStatus } } },
  },
  'POST /paircode': {
    tag: 'Devices',
    summary: 'Get a code to type into the phone',
    description: 'In WhatsApp on the phone: _Linked devices_, _Link a device_, _Link with phone number instead_.',
    query,
    body: { schema: pairCodeSchema, examples: { 'A phone': { phone: '+55 11 98888-7777' } } },
    answers: { 200: { description: 'The code to type.', schema: pairCodeAnswer, examples: { 'A code': pairCode } } },
    errors: ['DEVICE_NOT_FOUND', 'ALREADY_CONNECTED', 'DEVICE_ERROR'],
  },
  'POST /connect': {
    tag: 'Devices',
    summary: 'Connect a device',
    description:
      'One that was disconnected, or that WhatsApp had banned; a paired device otherwise connects by itself. A device that is not paired shows codes from now on. Answers after 5 seconds at the latest, with the state it is in then.',
    query,
    body: { schema: namedDeviceSchema, examples: { 'The only device': {} } },
    answers: { 200: { description: 'The state.', schema: statusSchema, examples: { Connected: connectedStatus } } },
    errors: ['DEVICE_NOT_FOUND', 'ALREADY_CONNECTED'],
  },
  'POST /disconnect': {
    tag: 'Devices',
    summary: 'Disconnect a device',
    description:
      'It stays paired, and messages for it are accepted and wait, until `POST /connect`. Answers after 5 seconds at the latest.',
    query,
    body: { schema: namedDeviceSchema, examples: { 'The only device': {} } },
    answers: { 200: { description: 'The state.', schema: statusSchema, examples: { Disconnected: offlineStatus } } },
    errors: ['DEVICE_NOT_FOUND'],
  },
  'POST /logout': {
    tag: 'Devices',
    summary: 'Unlink a device from its phone',
    description:
      'Its credentials are forgotten; it has to be paired again. Answers after 5 seconds at the latest: where WhatsApp cannot be reached it takes up to 15.',
    query,
    body: { schema: namedDeviceSchema, examples: { 'The only device': {} } },
    answers: { 200: { description: 'The state.', schema: statusSchema, examples: { 'Logged out': loggedOutStatus } } },
    errors: ['DEVICE_NOT_FOUND'],
  },
} satisfies Record<string, Operation>;
