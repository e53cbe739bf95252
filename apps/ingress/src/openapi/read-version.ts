import { createRequire } from 'node:module';

/** The version in package.json. */
export function readVersion(): string {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  return version;
}
