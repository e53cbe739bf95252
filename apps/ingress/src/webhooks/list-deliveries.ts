/** The delivery log of an endpoint, filtered and in pages. */
import { PomboError, rfc3339 } from '@pombo/contracts';
import type { LoggedAttempt, WebhookLog, WebhookName } from '@pombo/store';
import Joi from 'joi';
import { fieldProblems, summarise } from '../http/field-problems.js';

export interface DeliveriesQuery {
  readonly status?: 'success' | 'failed' | 'dead';
  readonly event_id?: string;
  readonly after?: string;
  readonly limit: number;
}

/** Looked at by one request at most; the log holds hardly more. */
const MOST_LOOKED_AT = 5000;
const PIECE = 500;

export const deliveriesQuerySchema = Joi.object<DeliveriesQuery>({
  status: Joi.string().valid('success', 'failed', 'dead'),
  event_id: Joi.string().max(128),
  after: Joi.string().pattern(/^\d{1,15}-\d{1,10}$/, 'the next of an earlier answer'),
  limit: Joi.number().integer().min(1).max(100).default(50),
}).prefs({ abortEarly: false, stripUnknown: true, errors: { wrap: { label: false } } });

/** @throws PomboError VALIDATION_ERROR */
export function parseDeliveriesQuery(query: unknown): DeliveriesQuery {
  const result = deliveriesQuerySchema.validate(query);
  if (!result.error) return result.value;
  const validation = fieldProblems(result.error, (key) => key);
  throw new PomboError('VALIDATION_ERROR', summarise(validation), { validation });
}

export async function listDeliveries(log: WebhookLog, name: WebhookName, query: DeliveriesQuery) {
  const found: LoggedAttempt[] = [];
  let after = query.after;
  for (let seen = 0; seen < MOST_LOOKED_AT; seen += PIECE) {
    const piece = await log.attempts(name, after, PIECE);
    for (const attempt of piece) {
      after = attempt.id;
      if (!isAskedFor(attempt, query)) continue;
      found.push(attempt);
      if (found.length === query.limit) return { deliveries: found.map(describeAttempt), next: after };
    }
    if (piece.length < PIECE) return { deliveries: found.map(describeAttempt), next: null };
  }
  return { deliveries: found.map(describeAttempt), next: after ?? null };
}

function isAskedFor({ verdict, eventId }: LoggedAttempt, { status, event_id: wanted }: DeliveriesQuery): boolean {
  if (wanted !== undefined && wanted !== eventId) return false;
  if (status === undefined) return true;
  if (status === 'dead') return verdict === 'dead';
  return (status === 'success') === (verdict === 'ok');
}

function describeAttempt(attempt: LoggedAttempt) {
  return {
    id: attempt.id,
    event_id: attempt.eventId,
    event: attempt.event,
    attempt: attempt.attempt,
    success: attempt.verdict === 'ok',
    outcome: attempt.verdict,
    status: attempt.status === 0 ? null : attempt.status,
    error: attempt.error === '' ? null : attempt.error,
    latency_ms: attempt.latencyMs,
    response: attempt.answer ?? null,
    timestamp: rfc3339(attempt.at),
    next_attempt_at: attempt.nextAt === undefined ? null : rfc3339(attempt.nextAt),
  };
}
