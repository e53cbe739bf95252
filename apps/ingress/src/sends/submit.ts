/** From a plan to the answer, the same for everything that sends: queue, wait if the client wants to, say what became of it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isFailure, type MessageRecord } from '@pombo/contracts';
import { SECOND } from '@pombo/runtime';
import type { MessageDraft } from '@pombo/store';
import type { AppParts } from '../app-parts.js';
import { answerJson } from '../http/answer-json.js';
import { clientLeft } from '../http/client-left.js';
import { IDEMPOTENCY_KEY, parseIdempotencyKey } from '../http/idempotency-key.js';
import { parsePrefer } from '../http/prefer.js';
import type { CallContext } from '../http/request-context.js';
import { awaitOutcome } from './await-outcome.js';
import { createIssueTicket, type Ticket } from './issue-ticket.js';
import { createQueueMessage } from './queue-message.js';
import { createQueueOnce } from './queue-once.js';
import { buildAccepted, buildSent, outcomeError } from './send-answers.js';
import type { SendPlan } from './send-plan.js';

/** What the headers of a send ask for. */
export interface SendOptions {
  readonly waitMs: number;
  /** Unknown fields are errors. */
  readonly strict: boolean;
  readonly idempotencyKey: string | undefined;
}

export interface Submit {
  /** Call it first: also tells the client which preferences apply. @throws PomboError VALIDATION_ERROR */
  readOptions(request: IncomingMessage, response: ServerResponse): SendOptions;
  /** @throws PomboError: why it was not accepted, or what a message that was waited for ended with. */
  answer(plan: SendPlan, options: SendOptions, context: CallContext, response: ServerResponse): Promise<void>;
}

export function createSubmit(parts: AppParts): Submit {
  const { config, store, outcomes } = parts;
  const issueTicket = createIssueTicket(parts);
  const queueMessage = createQueueMessage(parts);
  const queueOnce = createQueueOnce(parts, queueMessage);

  /** @returns whether the message had been accepted before. */
  const queue = async (draft: MessageDraft, { intent }: Ticket, context: CallContext): Promise<boolean> => {
    if (intent) return (await queueOnce(draft, intent, context)).repeated;
    await queueMessage(draft, context);
    return false;
  };

  /** A message accepted for someone who did not wait tells nobody of its end, unless asked to; a gone one never does. */
  const isWorthWaiting = async (messageId: string): Promise<boolean> =>
    store.messages.tellOutcome(messageId).catch(() => true);

  const queueAndWait = async (draft: MessageDraft, ticket: Ticket, context: CallContext, wait: Wait) => {
    // Before the accept: a fast worker is done before its answer is here.
    const watch = outcomes.watch(draft.id);
    try {
      const repeated = await queue(draft, ticket, context);
      if (repeated && !(await isWorthWaiting(draft.id))) return { repeated, outcome: undefined };
      const read = async (told: string | undefined): Promise<MessageRecord | undefined> =>
        (told === undefined ? undefined : await store.messages.readOutcome(draft.id, told)) ??
        store.messages.read(draft.id);
      const outcome = await awaitOutcome({ watch, read, mayBeOver: repeated, ...wait });
      return { repeated, outcome };
    } finally {
      watch.release();
    }
  };

  return {
    readOptions(request, response) {
      const prefer = parsePrefer(headerOf(request, 'prefer'));
      if (prefer.applied !== '') response.setHeader('Preference-Applied', prefer.applied);
      const waitMs = (prefer.waitSeconds ?? config.DEFAULT_WAIT_SECONDS) * SECOND;
      return { waitMs, strict: prefer.strict, idempotencyKey: parseIdempotencyKey(headerOf(request, IDEMPOTENCY_KEY)) };
    },

    async answer(plan, { waitMs, idempotencyKey }, context, response) {
      const ticket = await issueTicket(plan, context, idempotencyKey);
      const { messageId: id, deviceId } = ticket;
      const draft: MessageDraft = { ...plan.message, id, deviceId, awaited: waitMs > 0 };
      const { repeated, outcome }: { repeated: boolean; outcome: MessageRecord | undefined } =
        waitMs > 0
          ? await queueAndWait(draft, ticket, context, { timeoutMs: waitMs, signal: clientLeft(response) })
          : { repeated: await queue(draft, ticket, context), outcome: undefined };

      if (repeated) response.setHeader('Idempotency-Replayed', 'true');
      response.setHeader('Location', `/messages/${id}`);
      if (!outcome) answerJson(response, 202, buildAccepted(draft, ticket.at, plan.warnings));
      else if (isFailure(outcome.state)) throw outcomeError(outcome);
      else answerJson(response, 200, buildSent(outcome, plan.warnings));
    },
  };
}

/** Several headers of one name are joined by commas by Node, but for those that may come once only. */
function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(', ') : value;
}

interface Wait {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}
