/** Whether another message may come in at all. Asked before its body is read. */
import { PomboError } from '@pombo/contracts';
import type { NodeHandler } from '../http/node-handler.js';
import { callOf } from '../http/request-context.js';
import type { MemoryWatch } from './memory-watch.js';
import type { UserLimit } from './user-limit.js';

/** Long enough for workers to have sent some of what waits. */
const FULL_RETRY_SECONDS = 5;

export interface Admission {
  readonly memory: Pick<MemoryWatch, 'full'>;
  /** Undefined where users are not limited. */
  readonly userLimit: UserLimit | undefined;
}

export function createAdmit({ memory, userLimit }: Admission): NodeHandler {
  return async (request, _response, next) => {
    if (memory.full) throw redisFull();
    if (userLimit) {
      const { caller, redisBudget } = callOf(request);
      await redisBudget.spend(userLimit.admit(caller));
    }
    next();
  };
}

function redisFull(): PomboError {
  return new PomboError('QUEUE_UNAVAILABLE', 'the queue is nearly full and takes no more messages at the moment', {
    retryable: true,
    retryAfterSeconds: FULL_RETRY_SECONDS,
  });
}
