/**
 * libsignal prints whole sessions, private keys included, through `console`. While captured, nothing a library prints
 * there reaches stdout or stderr; what is logged instead is the constant start of its message.
 */
import type { Logger } from '@pombo/runtime';

const METHODS = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir'] as const;
type Method = (typeof METHODS)[number];

let captured: { readonly undo: () => void; uses: number } | undefined;

/** The words a message starts with, up to the first thing that could be data. */
function constantPart(argument: unknown): string {
  return typeof argument === 'string' ? (/^[A-Za-z ,'-]*/.exec(argument)?.[0].trim() ?? '') : '';
}

/**
 * Captures the process' console until every caller has undone it. winston writes to the stream below the console, so
 * our own logs are not touched.
 * @returns the undo.
 */
export function captureConsole(logger: Logger): () => void {
  captured ??= { undo: replaceConsole(logger), uses: 0 };
  const current = captured;
  current.uses += 1;
  let undone = false;
  return () => {
    if (undone) return;
    undone = true;
    current.uses -= 1;
    if (current.uses > 0) return;
    current.undo();
    captured = undefined;
  };
}

function replaceConsole(logger: Logger): () => void {
  const target = globalThis.console as unknown as Record<Method, (...args: unknown[]) => void>;
  const originals = METHODS.map((method) => [method, target[method]] as const);
  for (const method of METHODS) {
    target[method] = (first: unknown) =>
      logger.debug('a library wrote to the console', { method, text: constantPart(first) });
  }
  return () => {
    for (const [method, original] of originals) target[method] = original;
  };
}
