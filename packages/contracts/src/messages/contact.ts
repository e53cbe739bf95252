/** `POST /send/contact`: one contact, under `contact` or as fields of the body itself. */
import Joi from 'joi';
import type { SendDocs } from '../send-docs.js';
import { type CommonSend, commonSendKeys } from './common.js';
import {
  asContactCard,
  CONTACT_MESSAGES,
  type ContactCard,
  contactCardSchema,
  contactKeys,
  type VcardContact,
} from './contact-card.js';

export interface ContactSend extends CommonSend {
  readonly contact: ContactCard;
}

const OWN_KEYS = Object.keys(contactKeys);

/** Under `contact` already, or out of the body's own fields. */
function gatherContact(body: Record<string, unknown>, helpers: Joi.CustomHelpers): unknown {
  const own = Object.entries(body).filter(([key]) => OWN_KEYS.includes(key));
  if (body['contact'] !== undefined && own.length > 0) {
    return helpers.error('contact.twice', { present: ['contact', ...own.map(([key]) => key)] });
  }
  if (body['contact'] === undefined && own.length === 0) return helpers.error('contact.none', { peers: ['contact'] });
  if (body['contact'] !== undefined) return body;
  const contact = asContactCard(Object.fromEntries(own), helpers);
  if (!isCard(contact)) return contact;
  const rest = Object.entries(body).filter(([key]) => !OWN_KEYS.includes(key));
  return { ...Object.fromEntries(rest), contact };
}

function isCard(value: ContactCard | Joi.ErrorReport): value is ContactCard {
  return typeof (value as VcardContact).name === 'string';
}

export const contactSendSchema = Joi.object<ContactSend>({
  ...commonSendKeys,
  ...contactKeys,
  contact: contactCardSchema,
})
  .custom(gatherContact)
  .messages({
    ...CONTACT_MESSAGES,
    'contact.none': 'contact must be given: an object with full_name and phone, or a vCard',
    'contact.twice': 'a contact must be given once: as contact, or as fields of the body',
  });

export const contactDocs: SendDocs = {
  summary: 'Send a contact',
  description: 'Under `contact`, or as fields of the body itself; or as a whole vCard.',
  examples: {
    'A contact': {
      number: '5511999999999',
      contact: { full_name: 'Ana Souza', phone: '+55 11 98888-7777', organization: 'Pombo' },
    },
    'A contact as a vCard': {
      number: '5511999999999',
      vcard: 'BEGIN:VCARD\nVERSION:3.0\nFN:Ana Souza\nTEL;type=CELL;waid=5511988887777:+55 11 98888-7777\nEND:VCARD',
    },
  },
};
