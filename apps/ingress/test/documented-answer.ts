/**
 * Holds real answers against the document: the status is one that the operation lists, a success has the keys of its
 * schema and no others, an error has a code that the operation lists. Every answer that the tests of the ingress get
 * goes through here, so the document cannot say less than what happens.
 */
import { errorCodesOf } from '../src/openapi/error-answers.js';
import type { Operation } from '../src/openapi/operation.js';
import { OPERATIONS } from '../src/openapi/operations.js';
import { errorSchema } from '../src/openapi/shared-parts.js';
import { ROUTES, type RouteName, type RouteRow } from '../src/routes/route-table.js';

export interface RealAnswer {
  readonly status: number;
  /** Undefined when it is not JSON. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

const ROWS = (Object.entries(ROUTES) as Array<[RouteName, RouteRow]>).map(([name, row]) => {
  const [method = '', path = ''] = name.split(' ');
  return { name, row, method, pattern: new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}/?$`, 'i') };
});

/** @param path may have a query. @throws Error that says what the document does not. */
export function requireDocumented(method: string, path: string, answer: RealAnswer): void {
  const [pathname = ''] = path.split('?');
  const found = ROWS.find((row) => row.method === method && row.pattern.test(pathname));
  if (!found) return;
  const problem = problemOf(OPERATIONS[found.name], found.row, answer);
  if (problem) throw new Error(`${found.name} answered ${answer.status}, which openapi.json does not say: ${problem}`);
}

function problemOf(operation: Operation, row: RouteRow, { status, body }: RealAnswer): string | undefined {
  const documented = operation.answers[status];
  if (documented) return body && documented.schema?.validate(body, { convert: false }).error?.message;
  if (status < 400) return 'a success that is not listed';
  const malformed = errorSchema.validate(body, { convert: false }).error;
  if (malformed) return malformed.message;
  const codes: readonly string[] = errorCodesOf(operation, row);
  return codes.includes(String(body?.['error_code'])) ? undefined : `the error code ${String(body?.['error_code'])}`;
}
