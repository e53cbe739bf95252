import Joi from 'joi';

const MAX_RECIPIENT_LENGTH = 64;
const PUNCTUATION = /[\s()-]/g;
const NUMBER = /^\d{10,15}$/;
const JID = /^(?:\d{6,15}@s\.whatsapp\.net|\d{5,20}@lid|\d{5,30}(?:-\d{5,20})?@g\.us|\d{5,30}@newsletter)$/;

/** Where a recipient lives: decides how WhatsApp addresses it. */
export type RecipientKind = 'user' | 'lid' | 'group' | 'newsletter';

/**
 * Turns what a client wrote into a JID: punctuation and a leading `+` are dropped from a number of 10 to 15 digits;
 * a JID of a user, group, newsletter or LID is taken as it is.
 * @returns undefined when it is neither.
 */
export function parseRecipient(value: string): string | undefined {
  const trimmed = value.trim();
  if (trimmed.includes('@')) return JID.test(trimmed) ? trimmed : undefined;
  const digits = trimmed.replace(PUNCTUATION, '').replace(/^\+/, '');
  return NUMBER.test(digits) ? `${digits}@s.whatsapp.net` : undefined;
}

/** @param jid as `parseRecipient` returns it. */
export function recipientKind(jid: string): RecipientKind {
  if (jid.endsWith('@g.us')) return 'group';
  if (jid.endsWith('@newsletter')) return 'newsletter';
  if (jid.endsWith('@lid')) return 'lid';
  return 'user';
}

/** What `parseRecipient` takes, for those who cannot call it. */
const RECIPIENT_PATTERN = `^\\s*(?:${JID.source.slice(1, -1)}|[\\s()-]*\\+?(?:[\\s()-]*\\d){10,15}[\\s()-]*)\\s*$`;

/** A Brazilian mobile number with or without the ninth digit it may have been given. */
const BRAZILIAN_MOBILE = /^(55\d{2})9?([6-9]\d{7})$/;

/**
 * Every way to write a number that WhatsApp may know its owner by: Brazil's mobile numbers with and without the ninth
 * digit, all others as they are.
 * @param number digits.
 */
export function numberSpellings(number: string): string[] {
  const [, area, subscriber] = BRAZILIAN_MOBILE.exec(number) ?? [];
  if (area === undefined || subscriber === undefined) return [number];
  return [`${area}9${subscriber}`, `${area}${subscriber}`];
}

/**
 * A name for the chat with a recipient that is the same for every spelling of a number, so that messages keep their
 * order whichever the client wrote. Not an address.
 * @param jid as `parseRecipient` returns it.
 */
export function chatLane(jid: string): string {
  const at = jid.indexOf('@');
  return recipientKind(jid) === 'user' ? `${numberSpellings(jid.slice(0, at))[0]}${jid.slice(at)}` : jid;
}

const RECIPIENT_HELP =
  '{{#label}} must be a phone number of 10 to 15 digits with its country code, or a WhatsApp JID (…@s.whatsapp.net, …@g.us, …@newsletter, …@lid)';

/** What the type below makes of the usual spelling. */
function takeRecipient(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= MAX_RECIPIENT_LENGTH ? parseRecipient(value) : undefined;
}

/** Joi type for a recipient; the validated value is the JID. */
export const recipientSchema = Joi.alternatives(
  Joi.string().max(MAX_RECIPIENT_LENGTH),
  Joi.number().integer().positive().unsafe(false),
)
  .custom((value: string | number, helpers) => parseRecipient(String(value)) ?? helpers.error('recipient.invalid'))
  .messages({
    'recipient.invalid': RECIPIENT_HELP,
    'alternatives.types': RECIPIENT_HELP,
    'alternatives.match': RECIPIENT_HELP,
  })
  .description(
    'A phone number of 10 to 15 digits with its country code, punctuation ignored; or a JID of a user, a group, a newsletter or a LID.',
  )
  .meta({
    take: takeRecipient,
    component: 'Recipient',
    jsonSchema: {
      anyOf: [
        { type: 'string', maxLength: 64, pattern: RECIPIENT_PATTERN },
        { type: 'integer', minimum: 1_000_000_000, maximum: 999_999_999_999_999 },
      ],
    },
  });
