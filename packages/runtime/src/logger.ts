/**
 * JSON lines on stdout. Messages are constant, variables are fields. A last line of defence masks what looks like a
 * phone number wherever it turns up; the first is not to pass one.
 */
import winston from 'winston';
import type { LogLevel } from './config/load-config.js';
import { gatherLines } from './gather-lines.js';

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

/** No shorter text is masked. */
const SHORTEST_NUMBER = 10;

/** Where winston's transports look for the line. */
const MESSAGE = Symbol.for('message');
const anyJson = winston.format.json();

/** Masked, with the time. */
const toLine = winston.format((info) => {
  for (const key of Object.keys(info)) {
    const value = info[key];
    if (typeof value === 'string' && value.length >= SHORTEST_NUMBER) info[key] = maskNumbers(value);
  }
  info['timestamp'] = new Date().toISOString();
  try {
    info[MESSAGE] = JSON.stringify(info);
    return info;
  } catch {
    // Something in it is no JSON, which winston's own knows to write somehow, at twice the time.
    return anyJson.transform(info, {});
  }
});

export function createLogger({ level, name, stream }: LoggerOptions): Logger {
  return winston.createLogger({
    level,
    defaultMeta: { app: name },
    format: toLine(),
    transports: [new winston.transports.Stream({ stream: stream ?? gatherLines(process.stdout) })],
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
