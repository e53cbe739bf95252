/** `POST /send/contacts`. */
import Joi from 'joi';
import type { SendDocs } from '../send-docs.js';
import { type CommonSend, commonSendKeys } from './common.js';
import { type ContactCard, contactCardSchema } from './contact-card.js';

export interface ContactsSend extends CommonSend {
  readonly contacts: readonly ContactCard[];
  /** What the chat calls them all. */
  readonly display_name?: string;
}

/** WhatsApp's own limit. */
const MAX_CONTACTS = 257;

export const contactsSendSchema = Joi.object<ContactsSend>({
  ...commonSendKeys,
  contacts: Joi.array().items(contactCardSchema).min(1).max(MAX_CONTACTS).required(),
  display_name: Joi.string().trim().max(256).empty(''),
});

export const contactsDocs: SendDocs = {
  summary: 'Send several contacts',
  description: 'Each as with `/send/contact`: an object, or a whole vCard. A single one goes out as a contact.',
  examples: {
    'Two contacts': {
      number: '5511999999999',
      contacts: [
        { full_name: 'Ana Souza', phone: '+55 11 98888-7777' },
        { full_name: 'Rui Lima', phones: [{ number: '+351 912 345 678', type: 'WORK' }] },
      ],
    },
  },
};
