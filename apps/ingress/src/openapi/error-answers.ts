/** The error answers of an operation: which codes it can answer, by status, each with an example. */
import { ERROR_CODES, type ErrorCode } from '@pombo/contracts';
import { STATUS_OF_KIND } from '../http/error-answer.js';
import type { RouteRow } from '../routes/route-table.js';
import { MESSAGE_ID, TIME } from './answers/values.js';
import { ERROR_TEXTS } from './error-texts.js';
import type { Operation } from './operation.js';
import type { ErrorHeader } from './shared-parts.js';

const ERROR_ORDER = Object.keys(ERROR_CODES) as ErrorCode[];
const EXAMPLE_REQUEST_ID = '0b6a5ac2-6c0e-4f55-a4a2-6f2b7d6f9a10';

/** All codes an operation can answer, its own and those that follow from its row. */
export function errorCodesOf(operation: Operation, { access, json }: RouteRow): ErrorCode[] {
  const codes: ErrorCode[] = [...(operation.errors ?? [])];
  // The operator's token is refused by what belongs to a tenant, so every role may meet FORBIDDEN.
  if (access !== 'anyone') codes.push('UNAUTHORIZED', 'FORBIDDEN', 'QUEUE_UNAVAILABLE');
  if (json) codes.push('VALIDATION_ERROR', 'INVALID_JSON', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE');
  if (operation.path || operation.query || operation.headers) codes.push('VALIDATION_ERROR');
  if (operation.headers?.includes('Idempotency-Key')) codes.push('IDEMPOTENCY_KEY_REUSED');
  codes.push('INTERNAL_ERROR');
  return ERROR_ORDER.filter((code) => codes.includes(code));
}

const statusOf = (code: ErrorCode): number => STATUS_OF_KIND[ERROR_CODES[code]];

/** Status → answer. */
export function errorAnswers(codes: readonly ErrorCode[]): Record<string, object> {
  const statuses = [...new Set(codes.map(statusOf))].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => [
      String(status),
      errorAnswer(
        status,
        codes.filter((code) => statusOf(code) === status),
      ),
    ]),
  );
}

function errorAnswer(status: number, codes: readonly ErrorCode[]) {
  const headers = ['X-Request-Id', ...headersOf(status)];
  return {
    description: codes.map((code) => `- \`${code}\`: ${ERROR_TEXTS[code]}`).join('\n'),
    headers: Object.fromEntries(headers.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/Error', properties: { error_code: { enum: codes } } },
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}

function headersOf(status: number): ErrorHeader[] {
  if (status === STATUS_OF_KIND.unauthorised) return ['WWW-Authenticate'];
  return status === STATUS_OF_KIND['rate-limited'] || status === STATUS_OF_KIND.unavailable ? ['Retry-After'] : [];
}

/** What some codes bring along. */
const EXTRAS: Partial<Record<ErrorCode, object>> = {
  VALIDATION_ERROR: { validation: [{ field: 'delay', message: 'delay must be less than or equal to 60', value: 90 }] },
  ALREADY_DISPATCHED: { message_id: MESSAGE_ID },
  SEND_TIMEOUT: { message_id: MESSAGE_ID },
};

/** One for every code, to refer to. */
export function errorExamples(): Record<string, object> {
  return Object.fromEntries(ERROR_ORDER.map((code) => [code, { summary: code, value: errorExample(code) }]));
}

function errorExample(code: ErrorCode) {
  const error = ERROR_TEXTS[code].replaceAll('`', '');
  const request = { timestamp: TIME, request_id: EXAMPLE_REQUEST_ID };
  return { success: false, error, error_code: code, ...request, ...EXTRAS[code] };
}
