/**
 * A contact as clients describe one. The shapes they know differ (flat fields, the objects and lists of the Cloud API, a
 * whole vCard), so all of them are taken and brought to one.
 */
import Joi from 'joi';
import { parseRecipient } from '../recipient.js';
import { limitedText } from './limited-text.js';

export interface ContactPhone {
  /** As it is shown. */
  readonly number: string;
  readonly type?: string;
  /** Digits of the number's WhatsApp account: makes the card offer a chat. */
  readonly waid?: string;
}

/** A contact out of its parts. */
export interface DescribedContact {
  readonly name: string;
  readonly first_name?: string;
  readonly last_name?: string;
  readonly phones: readonly ContactPhone[];
  readonly organization?: string;
  readonly title?: string;
  readonly emails: readonly string[];
  readonly urls: readonly string[];
  readonly address?: string;
  /** YYYY-MM-DD. */
  readonly birthday?: string;
  readonly note?: string;
}

/** A contact as the client's own vCard. */
export interface VcardContact {
  /** As the chat shows it. */
  readonly name: string;
  readonly vcard: string;
}

export type ContactCard = DescribedContact | VcardContact;

const MAX_TEXT = 256;
const MAX_VCARD = 16_384;
const MAX_ENTRIES = 10;

const alias = (...aliases: string[]) => ({ aliases });
const text = () => Joi.string().trim().max(MAX_TEXT).empty('');
const phoneNumber = () =>
  Joi.alternatives(limitedText(40).trim(), Joi.number().integer().positive().unsafe(false)).custom(
    (value: string | number, helpers) =>
      /^\+?[\d\s().-]{3,}$/.test(String(value)) ? String(value) : helpers.error('contact.phone'),
  );
const waid = () =>
  Joi.alternatives(Joi.string(), Joi.number().unsafe(false)).custom((value: string | number, helpers) => {
    const jid = parseRecipient(String(value));
    return jid?.endsWith('@s.whatsapp.net') === true ? jid.split('@')[0] : helpers.error('contact.waid');
  });

/** A value, or an object that has it under `key`: both are found in the wild, mixed. */
const oneOf = <T extends Joi.Schema>(plain: T, key: string, object: Joi.ObjectSchema) =>
  Joi.alternatives().conditional(Joi.object().unknown(true), {
    then: object.custom((value: Record<string, unknown>) => value[key]),
    otherwise: plain,
  });

const nameSchema = Joi.alternatives().conditional(Joi.object().unknown(true), {
  then: Joi.object({
    formatted_name: text().meta(alias('full_name')),
    first_name: text(),
    middle_name: text(),
    last_name: text(),
    prefix: text(),
    suffix: text(),
  }).or('formatted_name', 'first_name'),
  otherwise: text(),
});

const organizationSchema = Joi.alternatives().conditional(Joi.object().unknown(true), {
  then: Joi.object({ company: text().meta(alias('name')), department: text(), title: text() }),
  otherwise: text(),
});

const phoneEntry = Joi.alternatives().conditional(Joi.object().unknown(true), {
  then: Joi.object({
    number: phoneNumber()
      .required()
      .meta(alias('phone', 'phone_number', 'value')),
    type: text(),
    waid: waid().meta(alias('wa_id')),
  }),
  otherwise: phoneNumber(),
});

const email = () => Joi.string().trim().email({ tlds: false }).max(MAX_TEXT).empty('');
const url = () => Joi.string().trim().uri().max(2048).empty('');

/** What a contact is made of; a schema that has these keys is completed by `asContactCard`. */
export const contactKeys = {
  full_name: nameSchema.meta(alias('name', 'display_name', 'formatted_name', 'contact_name')),
  first_name: text(),
  last_name: text(),
  phone: phoneNumber().meta(alias('phone_number', 'contact_phone', 'contact_number', 'mobile', 'cellphone', 'tel')),
  phones: Joi.array().items(phoneEntry).single().max(MAX_ENTRIES),
  waid: waid().meta(alias('wa_id')),
  organization: organizationSchema.meta(alias('organisation', 'org', 'company')),
  title: text().meta(alias('job_title')),
  email: email(),
  emails: Joi.array()
    .items(oneOf(email(), 'email', Joi.object({ email: email().required().meta(alias('value')), type: text() })))
    .single()
    .max(MAX_ENTRIES),
  url: url().meta(alias('website')),
  urls: Joi.array()
    .items(oneOf(url(), 'url', Joi.object({ url: url().required().meta(alias('value')), type: text() })))
    .single()
    .max(MAX_ENTRIES),
  address: text(),
  birthday: Joi.string()
    .pattern(/^\d{4}-\d{2}-\d{2}$/, 'a date as YYYY-MM-DD')
    .meta(alias('birth_date')),
  note: text().meta(alias('notes')),
  vcard: Joi.string()
    .max(MAX_VCARD)
    .custom((value: string, helpers) => (isVcard(value) ? value : helpers.error('contact.vcard')))
    .meta(alias('v_card')),
} satisfies Joi.SchemaMap;

export const CONTACT_MESSAGES = {
  'contact.phone': '{{#label}} must be a phone number',
  'contact.waid': '{{#label}} must be a phone number of 10 to 15 digits with its country code',
  'contact.vcard': '{{#label}} must be one vCard, from BEGIN:VCARD to END:VCARD, with a name (FN or N)',
  'contact.name': '{{#label}} is required in a contact without a vcard',
  'contact.number': '{{#label}} is required in a contact without a vcard',
};

/** One contact of its own: an object with the keys above, or a vCard. */
export const contactCardSchema = Joi.alternatives()
  .conditional(Joi.string(), {
    then: contactKeys.vcard.custom((value: string) => cardOfVcard(value)),
    otherwise: Joi.object(contactKeys).custom(asContactCard),
  })
  .messages(CONTACT_MESSAGES);

/** The validated keys of a contact. */
interface GivenContact {
  readonly full_name?: string | Readonly<Record<string, string>>;
  readonly first_name?: string;
  readonly last_name?: string;
  readonly phone?: string;
  readonly phones?: ReadonlyArray<string | ContactPhone>;
  readonly waid?: string;
  readonly email?: string;
  readonly emails?: readonly string[];
  readonly url?: string;
  readonly urls?: readonly string[];
  readonly organization?: string | Readonly<Record<string, string>>;
  readonly title?: string;
  readonly vcard?: string;
}

type Details = Pick<DescribedContact, 'address' | 'birthday' | 'note'>;

/** For `.custom()` on an object with `contactKeys`: makes of them the one shape of a contact. */
export function asContactCard(
  given: GivenContact & Details,
  helpers: Joi.CustomHelpers,
): ContactCard | Joi.ErrorReport {
  const names = namesOf(given);
  if (given.vcard !== undefined) return cardOfVcard(given.vcard, names.name);
  const phones = phonesOf(given);
  if (names.name === undefined) return missing('contact.name', 'full_name', helpers);
  if (phones.length === 0) return missing('contact.number', 'phone', helpers);
  const { address, birthday, note } = given;
  return {
    ...names,
    name: names.name,
    phones,
    emails: [...(given.email === undefined ? [] : [given.email]), ...(given.emails ?? [])],
    urls: [...(given.url === undefined ? [] : [given.url]), ...(given.urls ?? [])],
    ...known({ ...positionOf(given), address, birthday, note }),
  };
}

function positionOf({ organization, title }: GivenContact): {
  organization: string | undefined;
  title: string | undefined;
} {
  if (typeof organization !== 'object') return { organization, title };
  return { organization: organization['company'], title: title ?? organization['title'] };
}

function missing(type: string, field: string, helpers: Joi.CustomHelpers): Joi.ErrorReport {
  const path = [...(helpers.state.path ?? []), field];
  return helpers.error(type, {}, { ...helpers.state, path });
}

type Names = Pick<Partial<DescribedContact>, 'name' | 'first_name' | 'last_name'>;

function namesOf({ full_name: full, first_name: first, last_name: last }: GivenContact): Names {
  if (typeof full === 'object') {
    const { formatted_name, prefix, first_name, middle_name, last_name, suffix } = full;
    const parts = [prefix, first_name, middle_name, last_name, suffix].filter((part) => part !== undefined);
    return { name: formatted_name ?? parts.join(' '), ...known({ first_name, last_name }) };
  }
  const joined = [first, last].filter((part) => part !== undefined).join(' ');
  const name = full ?? (joined === '' ? undefined : joined);
  return { ...(name === undefined ? {} : { name }), ...known({ first_name: first, last_name: last }) };
}

function known<T extends object>(parts: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(parts).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> };
}

function phonesOf({ phone, phones = [], waid: account }: GivenContact): ContactPhone[] {
  const all: Array<string | ContactPhone> = [
    ...(phone === undefined ? [] : [{ number: phone, ...(account === undefined ? {} : { waid: account }) }]),
    ...phones,
  ];
  return all.map((entry) => withAccount(typeof entry === 'string' ? { number: entry } : entry));
}

/** A number with its country code is taken for a WhatsApp account: a card that says so falsely only offers an invitation. */
function withAccount(phone: ContactPhone): ContactPhone {
  const jid = phone.waid === undefined ? parseRecipient(phone.number.replaceAll('.', '')) : undefined;
  return jid === undefined ? phone : { ...phone, waid: jid.split('@')[0] ?? '' };
}

const VCARD = /^\s*BEGIN:VCARD\r?\n[\s\S]*\r?\nEND:VCARD\s*$/i;

function isVcard(value: string): boolean {
  const single = (value.match(/^BEGIN:VCARD/gim) ?? []).length === 1;
  return single && VCARD.test(value) && nameInVcard(value) !== undefined;
}

function cardOfVcard(vcard: string, name?: string): VcardContact {
  return { name: name ?? nameInVcard(vcard) ?? '', vcard: vcard.trim() };
}

/** FN, else N with its parts in speaking order. */
function nameInVcard(vcard: string): string | undefined {
  const unfolded = vcard.replace(/\r?\n[ \t]/g, '');
  const valueOf = (property: string) =>
    new RegExp(`^(?:[\\w-]+\\.)?${property}(?:;[^:\\r\\n]*)?:(.*)$`, 'im').exec(unfolded)?.[1]?.trim();
  const [last = '', first = ''] = (valueOf('N') ?? '').split(/(?<!\\);/).map(unescapeText);
  const name = unescapeText(valueOf('FN') ?? '') || `${first} ${last}`.trim();
  return name === '' ? undefined : name.slice(0, MAX_TEXT);
}

const unescapeText = (value: string): string => value.replace(/\\n/gi, ' ').replace(/\\(.)/g, '$1').trim();
