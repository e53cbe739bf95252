import type { Response } from 'express';

/** Aborts when the connection closes; what a request waits for can then be let go. */
export function clientLeft(response: Response): AbortSignal {
  const controller = new AbortController();
  if (response.closed) controller.abort();
  else response.once('close', () => controller.abort());
  return controller.signal;
}
