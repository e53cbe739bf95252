/** Processes that the fault suite starts and kills. Each one's output goes to a file of its own. */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../../scripts/lib/paths.mjs';

/**
 * @param {{ logDir: string, onDeath: (error: Error) => void }} options `onDeath` hears of a child that ended unasked.
 */
export function createChildren({ logDir, onDeath }) {
  const alive = new Set();

  /** @param script relative to the repository. @returns {Child} */
  const start = (name, script, env) => {
    const child = spawn(process.execPath, [join(ROOT, script)], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(join(logDir, `${name}.log`));
    let asked = false;
    const said = new Map();
    const waiting = new Map();
    const take = (line) => {
      log.write(`${line}\n`);
      const what = wordOf(line);
      if (what === undefined) return;
      said.set(what.key, what.fields);
      waiting.get(what.key)?.resolve(what.fields);
    };
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', take);
    const gone = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
    const self = {
      name,
      gone,
      /** Resolves with the fields of the first line that has this `event` or `message`; rejects when it ends before. */
      says: (key) =>
        said.has(key)
          ? Promise.resolve(said.get(key))
          : new Promise((resolve, reject) => waiting.set(key, { resolve, reject })),
      send: (signal) => void child.kill(signal),
      /** @returns when it is gone. */
      async end(signal) {
        asked = true;
        child.kill(signal);
        return gone;
      },
    };
    alive.add(self);
    void gone.then(({ code, signal }) => {
      alive.delete(self);
      log.end();
      const death = new Error(`${name} ended (${signal ?? code}), see ${name}.log in ${logDir}`);
      for (const { reject } of waiting.values()) reject(death);
      if (!asked) onDeath(death);
    });
    return self;
  };

  return {
    start,
    endAll: () => Promise.all([...alive].map((child) => child.end('SIGKILL'))),
  };
}

function wordOf(line) {
  if (!line.startsWith('{')) return undefined;
  const fields = JSON.parse(line);
  const key = fields.event ?? fields.message;
  return key === undefined ? undefined : { key, fields };
}
