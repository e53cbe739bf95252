/** What the routes about devices answer. */
import { DEVICE_STATES } from '@pombo/store';
import Joi from 'joi';
import { count, DEVICE_ID, deviceId, later, success, TIME, timestamp, warnings } from './values.js';

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
  warnings,
  device: Joi.object(newDeviceKeys).required(),
  data: Joi.object({ device_id: deviceId.required(), name: Joi.string().required() }).required(),
});

export const exportedDeviceSchema = Joi.object({
  success,
  warnings,
  device_id: deviceId.required(),
  backup: Joi.string().required().description('Keep it as safe as the phone itself.'),
});

const devices = Joi.array()
  .items(Joi.object(deviceKeys).meta({ component: 'ListedDevice' }))
  .required();

export const deviceListSchema = Joi.object({ success, devices, data: devices.description('The same once more.') });

const pacing = Joi.object({
  min_interval_ms: count.required(),
  jitter: Joi.number().min(0).max(1).required(),
  per_minute: count.required(),
  per_day: count.required(),
  new_chats_per_day: count.required(),
  warm_up: Joi.array().items(count).required(),
  own: Joi.object().unknown().required().description('Those of the limits that are this device’s own.'),
  day_limit: count.allow(null).required().description('Messages it may send within 24 hours today; null: no limit.'),
  next_at: timestamp.allow(null).required().description('Earliest time of its next message; null: now.'),
  sent_last_minute: count.required(),
  sent_last_day: count.required(),
  new_chats_last_day: count.required(),
}).description('Limits, 0 for none, and how far they are used. Messages beyond them wait.');

const restriction = Joi.object({
  until: timestamp.required(),
  type: Joi.string().allow('').required().description('WhatsApp’s word for it.'),
})
  .allow(null)
  .description('Set while WhatsApp lets the account write to no new chats; messages to such wait.');

const device = Joi.object({
  ...deviceKeys,
  owner: Joi.string().allow(null).required().description('The worker that holds its session.'),
  pacing: pacing.required(),
  restriction: restriction.required(),
  proxy: Joi.string().allow(null).required().description('Without user and password.'),
})
  .required()
  .meta({ component: 'Device' });

export const deviceSchema = Joi.object({
  success,
  device,
  data: device.description('The same once more.'),
  warnings,
});

export const statusSchema = Joi.object({
  success,
  warnings,
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

export const exportedDevice = {
  success: true,
  device_id: DEVICE_ID,
  backup: 'pombo-device-1.q83vEjRWeJASNFZ4kBI0Vg.8J2fLk0mS1b3…',
};

export const connectedDevice = {
  ...newDevice,
  connected: true,
  state: 'connected',
  phone_number: '5511988887777',
  jid: '5511988887777:12@s.whatsapp.net',
  queue_depth: 3,
};

const ownedDevice = {
  ...connectedDevice,
  owner: 'worker-1',
  proxy: 'socks5://proxy.example.com:1080',
  pacing: {
    ...{ min_interval_ms: 5000, jitter: 0.5, per_minute: 10, per_day: 1000, new_chats_per_day: 50 },
    warm_up: [20, 40, 80, 160, 320, 640],
    own: { per_day: 1000 },
    ...{ day_limit: 160, next_at: null, sent_last_minute: 2, sent_last_day: 91, new_chats_last_day: 12 },
  },
  restriction: null,
};

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

export const offlineStatus = {
  success: true,
  data: { ...connectedStatus.data, connected: false, status: 'offline' },
};

export const loggedOutStatus = {
  success: true,
  data: { ...noDeviceStatus.data, status: 'logged_out', device_id: DEVICE_ID, last_seen: TIME },
};

export const deletedDeviceSchema = Joi.object({ success, device_id: deviceId.required() });

export const deletedDevice = { success: true, device_id: DEVICE_ID };

export const qrStatusSchema = Joi.object({
  success,
  data: Joi.object({
    device_id: deviceId.allow(null).required(),
    status: deviceState.allow(null).required(),
    connected: Joi.boolean().required(),
    qr_available: Joi.boolean().required(),
    expires_at: timestamp.allow(null).required(),
    ttl: count.required().description('Seconds until then; 0 without a code.'),
  }).required(),
});

export const qrStatus = {
  success: true,
  data: {
    device_id: DEVICE_ID,
    status: 'pairing',
    connected: false,
    qr_available: true,
    expires_at: later(20_000),
    ttl: 20,
  },
};

export const pairCodeSchema = Joi.object({
  success,
  warnings,
  data: Joi.object({
    code: Joi.string()
      .pattern(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/)
      .required(),
    phone: Joi.string().required(),
    expires_in: count.required().description('Seconds.'),
    cached: Joi.boolean().required().description('Whether it was on show before this request.'),
    device_id: deviceId.required(),
  }).required(),
});

export const pairCode = {
  success: true,
  data: { code: 'K7RM-2XW4', phone: '5511988887777', expires_in: 120, cached: false, device_id: DEVICE_ID },
};
