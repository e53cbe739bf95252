/**
 * Memory for large bodies, used again and again. As garbage, each picture would bring V8 nearer to a collection of its
 * whole heap, which it makes for every 64 MB of such memory: that costs more than all that is done with the pictures.
 */

export interface BodyBuffers {
  /** @returns at least so many bytes, with anything in them. */
  take(sizeBytes: number): Buffer;
  /** For a buffer of `take` that nothing points into any more. One that is never given back is only garbage. */
  giveBack(buffer: Buffer): void;
}

const SMALLEST_BYTES = 64 * 1024;

/** @param keptBytes of buffers that nobody uses. */
export function createBodyBuffers(keptBytes: number): BodyBuffers {
  const free = new Map<number, Buffer[]>();
  let freeBytes = 0;
  return {
    take(sizeBytes) {
      const classBytes = Math.max(SMALLEST_BYTES, 2 ** Math.ceil(Math.log2(sizeBytes)));
      const buffer = free.get(classBytes)?.pop();
      if (!buffer) return Buffer.allocUnsafeSlow(classBytes);
      freeBytes -= classBytes;
      return buffer;
    },
    giveBack(buffer) {
      if (freeBytes + buffer.length > keptBytes) return;
      freeBytes += buffer.length;
      const others = free.get(buffer.length);
      if (others) others.push(buffer);
      else free.set(buffer.length, [buffer]);
    },
  };
}
