import type { SandboxOptions } from './sandbox-options.js';

function numberIn(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${name} must be a whole number, not below 0`);
  return value;
}

/** Reads the sandbox's environment. @throws when a value isn't what it should be. */
export function loadSandboxConfig(env: NodeJS.ProcessEnv): SandboxOptions {
  return {
    whatsappPort: numberIn(env, 'SANDBOX_WHATSAPP_PORT', 0),
    mediaPort: numberIn(env, 'SANDBOX_MEDIA_PORT', 0),
    controlPort: numberIn(env, 'SANDBOX_CONTROL_PORT', 0),
    receiptDelayMs: numberIn(env, 'SANDBOX_RECEIPT_DELAY_MS', 20),
    readReceipts: env.SANDBOX_READ_RECEIPTS === 'true',
    decryptOneIn: numberIn(env, 'SANDBOX_DECRYPT_ONE_IN', 1),
    ...(env.SANDBOX_STATE_FILE ? { stateFile: env.SANDBOX_STATE_FILE } : {}),
  };
}
