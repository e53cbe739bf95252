import type { DEFAULT_CONNECTION_CONFIG } from '@pombo/whatsapp/protocol';

type LibraryLogger = Parameters<(typeof DEFAULT_CONNECTION_CONFIG)['makeSignalRepository']>[1];

const ignore = (): void => undefined;

/** For Baileys, which logs nodes and keys as they are. */
export const silentLibraryLogger: LibraryLogger = {
  level: 'silent',
  child: () => silentLibraryLogger,
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
};
