/**
 * Brazil's mobile numbers grew a ninth digit; accounts keep the number WhatsApp knew them by. The rule here is the one
 * seen in the wild: area codes 11 to 28 have the 9, all others (31 and up) don't, whichever way a number is asked for.
 */
const BRAZIL = /^55(\d{2})(9?)([6-9]\d{7})$/;
const LAST_AREA_WITH_NINE = 28;

/** The number an account is known by; anything that isn't a Brazilian mobile number is returned as it is. */
export function canonicalNumber(number: string): string {
  const match = BRAZIL.exec(number);
  if (!match) return number;
  const [, area = '', , subscriber = ''] = match;
  return `55${area}${Number(area) <= LAST_AREA_WITH_NINE ? '9' : ''}${subscriber}`;
}
