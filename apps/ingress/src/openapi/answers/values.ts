/** Values that answers are made of. */
import { MESSAGE_STATES, PRIORITIES } from '@pombo/contracts';
import Joi from 'joi';

export const TIME = '2026-03-01T12:00:00.000Z';
export const MESSAGE_ID = '3EB06481A70D11B2C3D4E5';
export const DEVICE_ID = 'dev_6480f3c1a9b27de45016';
export const USER_ID = 'usr_307bf40b66ad41ee9ef0';
export const CHAT_JID = '5511999999999@s.whatsapp.net';

/** @param ms after `TIME`. */
export const later = (ms: number): string => new Date(Date.parse(TIME) + ms).toISOString();

export const success = Joi.valid(true).required();
export const warnings = Joi.array()
  .items(Joi.object({ field: Joi.string().required(), message: Joi.string().required() }))
  .description('What was not used, and why. Absent when there is nothing to say.');
export const timestamp = Joi.string()
  .pattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  .meta({ jsonSchema: { format: 'date-time' } });
export const messageId = Joi.string().pattern(/^3EB0[0-9A-F]{18}$/);
export const deviceId = Joi.string().pattern(/^dev_[0-9A-F]{3}[0-9a-f]{17}$/);
export const jid = Joi.string();
export const state = Joi.string().valid(...MESSAGE_STATES);
export const priority = Joi.string().valid(...PRIORITIES);
export const count = Joi.number().integer().min(0);
