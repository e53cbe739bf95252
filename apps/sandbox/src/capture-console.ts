/** libsignal prints whole sessions, private keys included, through `console`. The process must say none of it. */
import { Console } from 'node:console';
import { Writable } from 'node:stream';

/** Replaces the global `console` by one that says nothing. @returns how to undo it. */
export function captureConsole(): () => void {
  const original = globalThis.console;
  globalThis.console = new Console(new Writable({ write: (_chunk, _encoding, done) => done() }));
  return () => {
    globalThis.console = original;
  };
}
