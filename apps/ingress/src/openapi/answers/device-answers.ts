/** What the routes about devices answer. */
import { DEVICE_STATES } from '@pombo/store';
import Joi from 'joi';
import { count, DEVICE_ID, deviceId, later, success, TIME, timestamp } from './values.js';

const newDeviceKeys = {
  id: deviceId.required(),
  name: Joi.string().required(),
  connected: Joi.boolean().required(),
  created_at: timestamp.required(),
};

const deviceState = Joi.string().valid(...DEVICE_STATES);

const deviceKeys = {
  ...newDeviceKeys,
  state: deviceState.required(),
  phone_number: Joi.string(),
  jid: Joi.string(),
  queue_depth: count.required().description('Messages accepted and not yet acknowledged, failed or expired.'),
};

export const createdDeviceSchema = Joi.object({
  success,
  device: Joi.object(newDeviceKeys).required(),
  data: Joi.object({ device_id: deviceId.required(), name: Joi.string().required() }).required(),
});

const devices = Joi.array()
  .items(Joi.object(deviceKeys).meta({ component: 'ListedDevice' }))
  .required();

export const deviceListSchema = Joi.object({ success, devices, data: devices.description('The same once more.') });

const device = Joi.object({
  ...deviceKeys,
  owner: Joi.string().allow(null).required().description('The worker that holds its session.'),
})
  .required()
  .meta({ component: 'Device' });

export const deviceSchema = Joi.object({ success, device, data: device.description('The same once more.') });

export const statusSchema = Joi.object({
  success,
  data: Joi.object({
    connected: Joi.boolean().required(),
    status: deviceState.allow(null).required(),
    device_id: deviceId.allow(null).required(),
    jid: Joi.string().allow(null).required(),
    phone_number: Joi.string().allow(null).required(),
    is_logged_in: Joi.boolean().required(),
    last_seen: timestamp.allow(null).required(),
  })
    .required()
    .description('All null where there is no device.'),
});

export const qrSchema = Joi.object({
  success,
  data: Joi.object({
    qr_code: Joi.string().required().description('What the code says, to be drawn by yourself.'),
    image: Joi.string().required().description('The code as a PNG in a data URI.'),
    cached: Joi.boolean().required().description('Whether it was on show before this request.'),
    expires_at: timestamp.required(),
    ttl: count.required().description('Seconds until then.'),
    device_id: deviceId.required(),
  }).required(),
});

const newDevice = { id: DEVICE_ID, name: 'Front desk', connected: false, created_at: TIME };

export const createdDevice = {
  success: true,
  device: newDevice,
  data: { device_id: DEVICE_ID, name: 'Front desk' },
};

export const connectedDevice = {
  ...newDevice,
  connected: true,
  state: 'connected',
  phone_number: '5511988887777',
  jid: '5511988887777:12@s.whatsapp.net',
  queue_depth: 3,
};

const ownedDevice = { ...connectedDevice, owner: 'worker-1' };

export const deviceList = { success: true, devices: [connectedDevice], data: [connectedDevice] };
export const oneDevice = { success: true, device: ownedDevice, data: ownedDevice };

export const connectedStatus = {
  success: true,
  data: {
    connected: true,
    status: 'connected',
    device_id: DEVICE_ID,
    jid: connectedDevice.jid,
    phone_number: connectedDevice.phone_number,
    is_logged_in: true,
    last_seen: TIME,
  },
};

export const noDeviceStatus = {
  success: true,
  data: {
    connected: false,
    status: null,
    device_id: null,
    jid: null,
    phone_number: null,
    is_logged_in: false,
    last_seen: null,
  },
};

export const qrCode = {
  success: true,
  data: {
    qr_code: '2@pT9c…,…,…,…',
    image: 'data:image/png;base64,iVBORw0KGgo…',
    cached: false,
    expires_at: later(20_000),
    ttl: 20,
    device_id: DEVICE_ID,
  },
};
