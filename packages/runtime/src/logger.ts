/**
 * JSON lines on stdout. Messages are constant, variables are fields. A last line of defence masks what looks like a
 * phone number wherever it turns up; the first is not to pass one.
 */
import winston from 'winston';
import type { LogLevel } from './config/load-config.js';

export type LogFields = Readonly<Record<string, unknown>>;

/** What the rest of the code sees of logging. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to every line. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Name of the app, on every line. */
  readonly name: string;
  /** Where lines go; stdout unless a test wants to read them. */
  readonly stream?: NodeJS.WritableStream;
}

/** Digits as in a phone number, but not inside a hex id. */
const PHONE_LIKE = /(?<![0-9A-Za-z_])\+?(\d{4})\d{4,9}(\d{2})(?![0-9A-Za-z_])/g;

/** `5511999998888@s.whatsapp.net` → `5511…88@s.whatsapp.net`: enough to recognise, not enough to call. */
export function maskNumbers(text: string): string {
  return text.replace(PHONE_LIKE, '$1…$2');
}

/** What may be told of an error in a log: its kind, code and message, masked; never a stack or a nested object. */
export function describeError(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: maskNumbers(String(error)) };
  const code = (error as { code?: unknown }).code;
  const cause = error.cause instanceof Error ? { cause: maskNumbers(error.cause.message) } : {};
  return {
    error: maskNumbers(error.message),
    name: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    ...cause,
  };
}

const mask = winston.format((info) => {
  for (const [key, value] of Object.entries(info)) {
    if (typeof value === 'string' && key !== 'timestamp') info[key] = maskNumbers(value);
  }
  return info;
});

export function createLogger({ level, name, stream }: LoggerOptions): Logger {
  const transport = stream ? new winston.transports.Stream({ stream }) : new winston.transports.Console();
  return winston.createLogger({
    level,
    defaultMeta: { app: name },
    format: winston.format.combine(winston.format.timestamp(), mask(), winston.format.json()),
    transports: [transport],
  });
}

const ignore = (): void => undefined;

/** Says nothing; for tests and for library code that was given no logger. */
export const silentLogger: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  child: () => silentLogger,
};
