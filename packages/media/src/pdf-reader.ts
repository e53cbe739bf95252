/** What a phone shows of a PDF before it is opened: the number of its pages and its first page. */
import { stat } from 'node:fs/promises';
import { childProgram } from './children/child-program.js';
import { pictureOf, type RawPicture } from './children/picture-answer.js';
import { createGate } from './gate.js';
import { ChildFailedError, collectOutput, runChild } from './run-child.js';

export interface PdfFacts {
  readonly pages?: number;
  readonly firstPage?: RawPicture;
}

export interface PdfReader {
  /** Reads one PDF at a time. @returns what could be found out: nothing of a damaged, locked or very large file. */
  readPdf(path: string, signal: AbortSignal): Promise<PdfFacts>;
}

export interface PdfReaderSettings {
  /** For each file, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
}

/** PDFium holds the whole file in memory. */
const MAX_PDF_BYTES = 32 * 1024 * 1024;
const MAX_ANSWER_BYTES = 1024 * 1024;
const PAGES_BYTES = 4;

export function createPdfReader({ timeoutMs = 10_000 }: PdfReaderSettings = {}): PdfReader {
  const gate = createGate(1);
  return {
    async readPdf(path, signal) {
      const { size } = await stat(path);
      if (size > MAX_PDF_BYTES) return {};
      return gate.run(() => readFacts(path, timeoutMs, signal));
    },
  };
}

async function readFacts(path: string, timeoutMs: number, signal: AbortSignal): Promise<PdfFacts> {
  const { command, args } = childProgram('pdf-child');
  let answer: Buffer = Buffer.alloc(0);
  const consume = async (output: Parameters<typeof collectOutput>[0]) => {
    answer = await collectOutput(output, MAX_ANSWER_BYTES);
  };
  try {
    await runChild({ command, args: [...args, path], timeoutMs, signal, consume });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ChildFailedError)) throw error;
    // Whatever is wrong with the file, it can be sent; what was said before counts.
  }
  return factsOf(answer);
}

function factsOf(answer: Buffer): PdfFacts {
  if (answer.length < PAGES_BYTES) return {};
  const pages = answer.readUInt32LE(0);
  const firstPage = pictureOf(answer.subarray(PAGES_BYTES));
  return { ...(pages > 0 ? { pages } : {}), ...(firstPage ? { firstPage } : {}) };
}
