/**
 * A program of its own: reads a PDF of a stranger with PDFium (WebAssembly) and writes how many pages it has and what the
 * first one looks like. Run by `pdf-reader.ts`, which bounds its time; its memory it bounds itself.
 */
import { Console } from 'node:console';
import { readFileSync } from 'node:fs';
import { PDFiumLibrary, type PDFiumDocument } from '@hyzyla/pdfium';
import { pictureAnswer, type RawPicture } from './picture-answer.js';

const MAX_MEMORY_BYTES = 192 * 1024 * 1024;
/** Twice what a thumbnail needs, so that making it smaller smooths it. */
const MAX_WIDTH = 144;
const MAX_HEIGHT = 256;

interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

const PAGE_BYTES = 65_536;

/** V8's own limits do not count WebAssembly's memory. PDFium is told no as by a system that has no more. */
function boundMemory(): void {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: { Memory: { prototype: WasmMemory } } };
  const { prototype } = WebAssembly.Memory;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with a memory as `this`
  const { grow } = prototype;
  prototype.grow = function (this: WasmMemory, pages: number): number {
    if (this.buffer.byteLength + pages * PAGE_BYTES > MAX_MEMORY_BYTES) throw new RangeError('out of memory');
    return grow.call(this, pages);
  };
}

async function drawFirstPage(pdf: PDFiumDocument): Promise<RawPicture> {
  const page = pdf.getPage(0);
  const { originalWidth, originalHeight } = page.getOriginalSize();
  const scale = Math.min(MAX_WIDTH / originalWidth, MAX_HEIGHT / originalHeight);
  const { data, width, height } = await page.render({
    width: Math.max(1, originalWidth * scale),
    height: Math.max(1, originalHeight * scale),
    render: 'bitmap',
  });
  return { width, height, channels: 4, data };
}

async function main(path: string): Promise<void> {
  // What PDFium says must not come between the bytes of the answer.
  globalThis.console = new Console(process.stderr);
  boundMemory();
  const library = await PDFiumLibrary.init();
  const pdf = await library.loadDocument(readFileSync(path));
  const pages = Buffer.alloc(4);
  pages.writeUInt32LE(pdf.getPageCount());
  // Said first, so that it is known even where drawing fails.
  process.stdout.write(pages);
  process.stdout.write(pictureAnswer(await drawFirstPage(pdf)));
}

await main(process.argv[2] ?? '');
