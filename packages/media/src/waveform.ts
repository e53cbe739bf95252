/** How loud a voice note is over its length, as WhatsApp draws it: 64 bars of 0 to 100. */
import type { Readable } from 'node:stream';

const BARS = 64;
const LOUDEST = 100;
const BYTES_PER_SAMPLE = 2;
/** Parts kept while the length is not known; a multiple of two. */
const MAX_PARTS = 8_192;

/** @param pcm one channel, signed 16 bits, little-endian. */
export async function readWaveform(pcm: Readable): Promise<Buffer> {
  const parts = createParts();
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of pcm as AsyncIterable<Buffer>) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const whole = bytes.length - (bytes.length % BYTES_PER_SAMPLE);
    for (let at = 0; at < whole; at += BYTES_PER_SAMPLE) parts.add(Math.abs(bytes.readInt16LE(at)));
    rest = bytes.subarray(whole);
  }
  return toBars(parts.sums());
}

/** Sums over ever longer stretches, so that an hour takes no more memory than a second. */
function createParts() {
  let sums: number[] = [];
  let length = 1;
  let filled = 0;
  let sum = 0;
  return {
    add(value: number): void {
      sum += value;
      if (++filled < length) return;
      sums.push(sum);
      sum = 0;
      filled = 0;
      if (sums.length < MAX_PARTS) return;
      sums = Array.from({ length: MAX_PARTS / 2 }, (_, pair) => (sums[2 * pair] ?? 0) + (sums[2 * pair + 1] ?? 0));
      length *= 2;
    },
    sums: (): readonly number[] => sums,
  };
}

function toBars(sums: readonly number[]): Buffer {
  const bars = Array.from({ length: BARS }, (_, bar) => {
    const [from, to] = [bar, bar + 1].map((edge) => Math.floor((edge * sums.length) / BARS));
    const part = sums.slice(from, Math.max((from ?? 0) + 1, to ?? 0));
    return part.length === 0 ? 0 : part.reduce((total, value) => total + value, 0) / part.length;
  });
  const loudest = Math.max(...bars);
  return Buffer.from(bars.map((bar) => (loudest === 0 ? 0 : Math.floor((LOUDEST * bar) / loudest))));
}
