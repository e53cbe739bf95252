/** How an error looks over HTTP: the table kind → status, and the one envelope. */
import { type ErrorKind, type FieldProblem, type PomboError } from '@pombo/contracts';

export const STATUS_OF_KIND: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthorised: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  unsupported: 415,
  unprocessable: 422,
  'rate-limited': 429,
  internal: 500,
  unavailable: 503,
  timeout: 504,
};

/** The body of every answer that is not a success. */
export interface ErrorEnvelope {
  readonly success: false;
  readonly error: string;
  readonly error_code: string;
  readonly timestamp: string;
  readonly request_id: string;
  readonly validation?: ReadonlyArray<Required<FieldProblem>>;
  readonly message_id?: string;
}

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorEnvelope;
}

export function buildErrorAnswer(error: PomboError, requestId: string): ErrorAnswer {
  return { status: STATUS_OF_KIND[error.kind], headers: headersOf(error), body: envelopeOf(error, requestId) };
}

function headersOf({ kind, retryAfterSeconds }: PomboError): Record<string, string> {
  if (kind === 'unauthorised') return { 'WWW-Authenticate': 'Bearer' };
  if (kind === 'unavailable' || kind === 'rate-limited') return { 'Retry-After': String(retryAfterSeconds ?? 1) };
  return {};
}

function envelopeOf({ code, message, validation, messageId }: PomboError, requestId: string): ErrorEnvelope {
  return {
    success: false,
    error: message,
    error_code: code,
    timestamp: new Date().toISOString(),
    request_id: requestId,
    ...(validation === undefined ? {} : { validation: validation.map(withValue) }),
    ...(messageId === undefined ? {} : { message_id: messageId }),
  };
}

/** Clients of the public API find a value in every entry. */
function withValue({ field, message, value = null }: FieldProblem): Required<FieldProblem> {
  return { field, message, value };
}
