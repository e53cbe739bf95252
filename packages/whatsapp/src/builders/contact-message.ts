import type { ContactCard } from '@pombo/contracts';
import type { proto } from '@whiskeysockets/baileys';
import { type MessageBuilder, withContext } from './message-builder.js';
import { buildVcard } from './vcard.js';

export const contactMessage: MessageBuilder<'contact'> = {
  build: ({ contact }, { contextInfo }) => ({
    contactMessage: { ...buildContact(contact), ...withContext(contextInfo) },
  }),
};

/** One contact among others is a contact, as with Baileys. */
export const contactsMessage: MessageBuilder<'contacts'> = {
  build({ contacts, display_name: displayName = nameOfAll(contacts) }, { contextInfo }) {
    const [first, ...others] = contacts.map(buildContact);
    if (others.length === 0) return { contactMessage: { ...first, ...withContext(contextInfo) } };
    return { contactsArrayMessage: { displayName, contacts: contacts.map(buildContact), ...withContext(contextInfo) } };
  },
};

function buildContact(card: ContactCard): proto.Message.IContactMessage {
  return { displayName: card.name, vcard: 'vcard' in card ? card.vcard : buildVcard(card) };
}

/** As WhatsApp's own clients put it. */
function nameOfAll([first, ...others]: readonly ContactCard[]): string {
  const rest = others.length === 1 ? '1 other contact' : `${others.length} other contacts`;
  return `${first?.name ?? ''} and ${rest}`;
}
