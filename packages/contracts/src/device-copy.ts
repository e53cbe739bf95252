/** What a backup of a device consists of. */
import Joi from 'joi';
import { type PacingChanges, pacingChangesSchema } from './pacing.js';

export interface DeviceCopy {
  readonly name: string;
  readonly jid: string;
  readonly lid?: string;
  readonly phone?: string;
  /** When it was copied, ms since the epoch. */
  readonly copiedAt: number;
  /** Credentials and Signal keys by name; what they mean is the WhatsApp package's business. */
  readonly auth: ReadonlyArray<readonly [name: string, value: string]>;
  /** Limits of the device's own. */
  readonly pacing: PacingChanges;
  /** From when the days of `warm_up` count, ms since the epoch. */
  readonly pairedAt?: number;
  /** Chats that are not new to the account, with when they were last written to or heard from. */
  readonly chats: ReadonlyArray<readonly [chat: string, at: number]>;
}

const text = () => Joi.string().max(200);
const time = () => Joi.number().integer().min(0);
const pair = (second: Joi.Schema) => Joi.array().ordered(Joi.string().required(), second.required());

/** Name of the entry that stands beside imported credentials until their sending chains have jumped ahead. */
export const IMPORTED_MARK = 'imported';

/** Whoever has a passphrase of their own can seal what they like: what is inside is checked like any other input. */
export const deviceCopySchema = Joi.object<DeviceCopy>({
  name: text().required(),
  jid: text()
    .pattern(/^\d+:\d+@s\.whatsapp\.net$/)
    .required(),
  lid: text(),
  phone: text().pattern(/^\d+$/),
  copiedAt: time().required(),
  auth: Joi.array().items(pair(Joi.string())).required(),
  pacing: pacingChangesSchema.required(),
  pairedAt: time(),
  chats: Joi.array().items(pair(time())).required(),
});
