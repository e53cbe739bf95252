/** The part of a logger the sandbox uses; the one of `@pombo/runtime` fits. Messages are constant, variables are fields. */
export interface SandboxLogger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

const ignore = (): void => undefined;

export const quietLogger: SandboxLogger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** What an error may say in a log: its class and message, never a stack or an attached object. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
