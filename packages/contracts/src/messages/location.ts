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
  latitude: Joi.number().min(-90).max(90).required().description('Degrees, WGS 84.'),
  longitude: Joi.number().min(-180).max(180).required().description('Degrees, WGS 84.'),
  name: Joi.string().max(256).empty('').description('What the place is called.'),
  address: Joi.string().max(512).empty('').description('Shown below the name.'),
});

export const locationDocs: SendDocs = {
  summary: 'Send a place',
  description: 'A pin on the map, with a name and an address if you give them.',
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
