/**
 * Brazil's mobile numbers grew a ninth digit; accounts keep the number WhatsApp knew them by. The rule here is the one
 * seen in the wild: area codes 11 to 28 have the 9, all others (31 and up) don't, whichever way a number is asked for.
 */
const BRAZIL = /^55(\d{2})(9?)([6-9]\d{7})$/;
const LAST_AREA_WITH_NINE = 28;

/** The number an account is known by, from any spelling; only Brazilian mobile numbers change their digits. */
export function canonicalNumber(spelling: string): string {
  const number = spelling.replace(/\D/g, '');
  const match = BRAZIL.exec(number);
  if (!match) return number;
  const [, area = '', , subscriber = ''] = match;
  return `55${area}${Number(area) <= LAST_AREA_WITH_NINE ? '9' : ''}${subscriber}`;
}
