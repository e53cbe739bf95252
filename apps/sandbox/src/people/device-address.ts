import { jidDecode, jidEncode } from '@pombo/whatsapp/protocol';

/** Whether a device was addressed by phone number or by LID. */
export type AddressForm = 'pn' | 'lid';

export interface DeviceAddress {
  readonly number: string;
  /** 0 is the phone. */
  readonly device: number;
  readonly form: AddressForm;
}

const SERVERS = { pn: 's.whatsapp.net', lid: 'lid' } as const satisfies Record<AddressForm, string>;
const LID_PREFIX = '10';
const LID_USER = /^10\d{5,18}$/;

/** LIDs mirror the number's digits, so the sandbox finds the number of any LID without having to remember it. */
const mirror = (digits: string): string => digits.replace(/\d/g, (digit) => String(9 - Number(digit)));

export function deviceJid(number: string, device: number, form: AddressForm): string {
  return jidEncode(form === 'lid' ? LID_PREFIX + mirror(number) : number, SERVERS[form], device);
}

export function userJid(number: string, form: AddressForm): string {
  return deviceJid(number, 0, form);
}

/** @returns undefined when the jid isn't a person's. */
export function parseDeviceJid(jid: string | undefined): DeviceAddress | undefined {
  const decoded = jid === undefined ? undefined : jidDecode(jid);
  if (!decoded) return undefined;
  const device = decoded.device ?? 0;
  if (decoded.server === SERVERS.pn) return { number: decoded.user, device, form: 'pn' };
  if (decoded.server !== SERVERS.lid || !LID_USER.test(decoded.user)) return undefined;
  return { number: mirror(decoded.user.slice(LID_PREFIX.length)), device, form: 'lid' };
}
