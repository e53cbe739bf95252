import type { ServerResponse } from 'node:http';

/** Aborts when the connection closes; what a request waits for can then be let go. */
export function clientLeft(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  if (response.closed) controller.abort();
  else response.once('close', () => controller.abort());
  return controller.signal;
}
