/** A device's credentials: who it is to WhatsApp. Saved one after the other, so that an older state never wins. */
import { type AuthenticationCreds, BufferJSON, initAuthCreds } from '@whiskeysockets/baileys';
import type { AuthStore } from './auth-store.js';

const NAME = 'creds';

export interface Credentials {
  /** Baileys changes this object; `save` writes what it is at that moment. */
  readonly creds: AuthenticationCreds;
  save(): Promise<void>;
  /** Resolves when all saves have ended, whether they succeeded or not. */
  settled(): Promise<void>;
}

/** @returns stored credentials, or fresh ones for a device that was never paired. */
export async function loadCredentials(store: AuthStore): Promise<Credentials> {
  const [text] = await store.read([NAME]);
  const creds = text === undefined ? initAuthCreds() : (JSON.parse(text, BufferJSON.reviver) as AuthenticationCreds);
  let last: Promise<void> = Promise.resolve();
  return {
    creds,
    save() {
      const write = () => store.write(new Map([[NAME, JSON.stringify(creds, BufferJSON.replacer)]]));
      const saved = last.then(write, write);
      last = saved.catch(() => undefined);
      return saved;
    },
    settled: () => last,
  };
}

/** Names and texts of credentials made elsewhere (a pre-paired device), ready for an `AuthStore`. */
export function encodeCredentials(creds: AuthenticationCreds): Map<string, string> {
  return new Map([[NAME, JSON.stringify(creds, BufferJSON.replacer)]]);
}

/** Whether the device was paired: it knows who it is and its phone has signed it. */
export function isPaired(creds: AuthenticationCreds): boolean {
  return creds.me?.id !== undefined && creds.account !== undefined;
}
