/**
 * Baileys logs nodes, keys and JIDs as objects: those never pass. Its warnings and errors keep their constant text,
 * masked, at debug level here, since what matters is reported by the session itself.
 */
import { type Logger, maskNumbers } from '@pombo/runtime';
import type { UserFacingSocketConfig } from '@whiskeysockets/baileys';

export type BaileysLogger = NonNullable<UserFacingSocketConfig['logger']>;

const ignore = (): void => undefined;

export function createBaileysLogger(logger: Logger): BaileysLogger {
  const pass = (level: string) => (object: unknown, message?: string) => {
    const text = message ?? (typeof object === 'string' ? object : '');
    logger.debug('baileys', { level, text: maskNumbers(text) });
  };
  const adapter: BaileysLogger = {
    level: 'warn',
    child: () => adapter,
    trace: ignore,
    debug: ignore,
    info: ignore,
    warn: pass('warn'),
    error: pass('error'),
  };
  return adapter;
}
