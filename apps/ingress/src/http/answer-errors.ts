/** The last handlers of the app: a path nobody serves, and whatever a handler threw. */
import { PomboError } from '@pombo/contracts';
import { describeError, type Logger } from '@pombo/runtime';
import { answerJson } from './answer-json.js';
import { buildErrorAnswer } from './error-answer.js';
import type { NodeErrorHandler, NodeHandler } from './node-handler.js';
import { contextOf } from './request-context.js';
import { toPomboError } from './to-pombo-error.js';

export const answerNotFound: NodeHandler = () => {
  throw new PomboError('NOT_FOUND', 'there is nothing at this path for this method');
};

export function createAnswerErrors(logger: Logger): NodeErrorHandler {
  return (thrown, request, response, next) => {
    // The client has part of an answer already: only cutting the connection tells it that the rest is missing.
    if (response.headersSent) return next(thrown);
    if (response.closed) return;
    const { requestId } = contextOf(request);
    const error = toPomboError(thrown);
    const { status, headers, body } = buildErrorAnswer(error, requestId);
    if (status >= 500) logger.error('request failed', { requestId, status, ...describeError(error) });
    answerJson(response, status, body, headers);
  };
}
