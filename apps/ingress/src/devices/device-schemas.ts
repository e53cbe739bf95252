/** What the routes of devices take. */
import { type PacingChanges, pacingChangesSchema } from '@pombo/contracts';
import Joi from 'joi';

export interface CreateDeviceBody {
  readonly name: string;
}

export interface UpdateDeviceBody {
  readonly name?: string;
  /** Null for none. */
  readonly proxy?: string | null;
  readonly pacing?: PacingChanges;
}

/** Of the routes that mean a device without naming it in their path. */
export interface NamedDeviceBody {
  readonly device_id?: string;
}

export interface PairCodeBody extends NamedDeviceBody {
  /** Digits only. */
  readonly phone: string;
}

export interface ExportDeviceBody {
  readonly passphrase: string;
}

export interface ImportDeviceBody extends ExportDeviceBody {
  readonly backup: string;
  readonly name?: string;
}

const MIN_PASSPHRASE_LENGTH = 12;
const MAX_PASSPHRASE_LENGTH = 1_000;
const MAX_PROXY_LENGTH = 500;

const name = () => Joi.string().trim().min(1).max(100);
/** 10 to 15 digits, however they are punctuated. */
const PHONE = /^[\s()+-]*(?:\d[\s()-]*){10,15}$/;
const PHONE_HELP = '{{#label}} must be a number of 10 to 15 digits with its country code';

const phone = () =>
  Joi.alternatives(Joi.string().pattern(PHONE), Joi.number().integer().min(1_000_000_000).max(999_999_999_999_999))
    .custom((value: string | number) => String(value).replace(/\D/g, ''))
    .messages({ 'alternatives.match': PHONE_HELP, 'alternatives.types': PHONE_HELP });

export const createDeviceSchema = Joi.object<CreateDeviceBody>({ name: name().required() });

export const updateDeviceSchema = Joi.object<UpdateDeviceBody>({
  name: name(),
  proxy: Joi.string()
    .max(MAX_PROXY_LENGTH)
    .allow(null)
    .description(
      '`http://`, `https://`, `socks5://` or `socks4://`, with user and password if it asks; null for none.',
    ),
  pacing: pacingChangesSchema.description('What differs from the settings of this Pombo; null goes back to them.'),
}).min(1);

export const namedDeviceSchema = Joi.object<NamedDeviceBody>({
  device_id: Joi.string().max(64).description('Which device; may be left out where there is only one.'),
});

export const pairCodeSchema = Joi.object<PairCodeBody>({
  device_id: namedDeviceSchema.extract('device_id'),
  phone: phone().required().description('The number of the phone into which the code will be typed.'),
});

const passphrase = () => Joi.string().min(MIN_PASSPHRASE_LENGTH).max(MAX_PASSPHRASE_LENGTH).required();

export const exportDeviceSchema = Joi.object<ExportDeviceBody>({
  passphrase: passphrase().description('Encrypts the backup. Pombo keeps it nowhere: without it the backup is lost.'),
});

export const importDeviceSchema = Joi.object<ImportDeviceBody>({
  backup: Joi.string().required().description('What `POST /devices/{id}/export` answered.'),
  passphrase: passphrase().description('The one it was exported with.'),
  name: name().description('Otherwise as it was called before.'),
});
