/** Our own programs that read files of strangers, each run in a process of its own so that it can be ended at any point. */
import { fileURLToPath } from 'node:url';

/** What a program may hold besides the file and WebAssembly's memory. */
const MAX_HEAP_MEGABYTES = 256;

/** @param name of a file beside this one, without its extension */
export function childProgram(name: string): { readonly command: string; readonly args: readonly string[] } {
  // The compiled one, also where this file is run from its source.
  const path = fileURLToPath(new URL(`../../dist/children/${name}.js`, import.meta.url));
  return { command: process.execPath, args: [`--max-old-space-size=${MAX_HEAP_MEGABYTES}`, path] };
}
