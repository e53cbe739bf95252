/** Values with bytes in them as JSON text, and back. */
const BYTES = '$bytes';

interface BufferJson {
  readonly type: 'Buffer';
  readonly data: readonly number[];
}

const isBufferJson = (value: unknown): value is BufferJson =>
  typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value;

const isBytes = (value: unknown): value is { readonly [BYTES]: string } =>
  typeof value === 'object' && value !== null && BYTES in value;

export function encodeValue(value: unknown): string {
  // Buffers come here as what their own toJSON makes of them.
  return JSON.stringify(value, (_key, inner: unknown) =>
    isBufferJson(inner) ? { [BYTES]: Buffer.from(inner.data).toString('base64') } : inner,
  );
}

/** @returns what was encoded; whoever kept it under a name knows its type. */
export function decodeValue(text: string): unknown {
  return JSON.parse(text, (_key, inner: unknown) =>
    isBytes(inner) ? Buffer.from(inner[BYTES], 'base64') : inner,
  ) as unknown;
}
