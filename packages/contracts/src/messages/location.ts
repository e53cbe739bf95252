/** `POST /send/location`. */
import Joi from 'joi';
import type { SendDocs } from '../send-docs.js';
import { type CommonSend, commonSendKeys } from './common.js';

export interface LocationSend extends CommonSend {
  /** Degrees, WGS 84. */
  readonly latitude: number;
  readonly longitude: number;
  readonly name?: string;
  readonly address?: string;
}

export const locationSendSchema = Joi.object<LocationSend>({
  ...commonSendKeys,
  latitude: Joi.number().min(-90).max(90).required(),
  longitude: Joi.number().min(-180).max(180).required(),
  name: Joi.string().max(256).empty(''),
  address: Joi.string().max(512).empty(''),
});

export const locationDocs: SendDocs = {
  summary: 'Send a place',
  examples: {
    'A place': {
      number: '5511999999999',
      latitude: 38.7139,
      longitude: -9.1394,
      name: 'Praça do Comércio',
      address: 'Lisbon, Portugal',
    },
  },
};
