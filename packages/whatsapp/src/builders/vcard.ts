/**
 * A vCard 3.0 (RFC 2426) as WhatsApp's clients write and read it: `waid` makes a number a chat. Lines are not folded,
 * since WhatsApp folds none.
 */
import type { ContactPhone, DescribedContact } from '@pombo/contracts';

export function buildVcard(contact: DescribedContact): string {
  const { name, phones, organization, title, emails, urls, address, birthday, note } = contact;
  const lines = [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `N:${structuredName(contact)}`,
    `FN:${escapeText(name)}`,
    ...(organization === undefined ? [] : [`ORG:${escapeText(organization)};`]),
    ...(title === undefined ? [] : [`TITLE:${escapeText(title)}`]),
    ...phones.map(phoneLine),
    ...emails.map((email) => `EMAIL;type=INTERNET:${escapeText(email)}`),
    ...urls.map((url) => `URL:${withoutBreaks(url)}`),
    ...(address === undefined ? [] : [`ADR:;;${escapeText(address)};;;;`]),
    ...(birthday === undefined ? [] : [`BDAY:${birthday}`]),
    ...(note === undefined ? [] : [`NOTE:${escapeText(note)}`]),
    'END:VCARD',
  ];
  return lines.join('\n');
}

/** Family name; given name; and three parts that stay empty. */
function structuredName({ name, first_name: first, last_name: last }: DescribedContact): string {
  const parts = first === undefined && last === undefined ? ['', name] : [last ?? '', first ?? ''];
  return [...parts.map(escapeText), '', '', ''].join(';');
}

function phoneLine({ number, type = 'CELL', waid }: ContactPhone): string {
  const account = waid === undefined ? '' : `;waid=${waid}`;
  return `TEL;type=${parameter(type)};type=VOICE${account}:${shown(number, waid)}`;
}

/** Digits alone are shown as the international number they are. */
const shown = (number: string, waid: string | undefined): string =>
  waid === number ? `+${number}` : withoutBreaks(number);

/** A parameter that has other characters than these would end there, or the line. */
const parameter = (value: string): string => value.toUpperCase().replace(/[^A-Z0-9-]/g, '') || 'CELL';

const withoutBreaks = (value: string): string => value.replace(/\p{Cc}+/gu, ' ');

const escapeText = (value: string): string =>
  value
    .replace(/[\\;,]/g, '\\$&')
    .replace(/\r\n|\r|\n/g, '\\n')
    .replace(/\p{Cc}+/gu, ' ');
