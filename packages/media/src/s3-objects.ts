/**
 * The only user of the AWS SDK: the handful of operations the blob store needs, each in bounded time. The SDK is loaded
 * when a store is opened, since it would cost every other process half a second and some 10 MB.
 */
import { createReadStream } from 'node:fs';
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { toS3Error } from './s3-error.js';

export interface S3Settings {
  readonly bucket: string;
  readonly region: string;
  /** Of another service than Amazon's. */
  readonly endpoint?: string | undefined;
  /** The bucket in the path instead of the host's name. */
  readonly forcePathStyle?: boolean;
  /** In front of every key. */
  readonly prefix?: string;
  /** Default: what the SDK finds, in the environment, in files, or by asking the machine it runs on. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** For one operation, its second try included; what carries media has a second more for every megabyte. */
  readonly timeoutMs: number;
}

export interface S3Object {
  /** Without the prefix. */
  readonly key: string;
  readonly sizeBytes: number;
}

/** A file of this machine, or bytes in memory. */
export interface S3Content {
  readonly source: Uint8Array | { readonly path: string };
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly mimeType?: string | undefined;
}

/** Every method throws PomboError: see `toS3Error`. */
export interface S3Objects {
  put(key: string, content: S3Content): Promise<void>;
  /** The bytes as they come. */
  get(key: string): Promise<{ readonly sizeBytes: number; readonly content: AsyncIterable<Buffer> }>;
  /** Makes another object of the same content, without moving it over our network. */
  copy(from: string, to: string): Promise<void>;
  /** In the order of their keys, page by page. */
  list(prefix: string): AsyncIterable<readonly S3Object[]>;
  /** Removing what isn't there is fine. */
  delete(key: string): Promise<void>;
  close(): void;
}

const MAX_ATTEMPTS = 2;
/** Slower than a megabyte a second counts as broken. */
const BYTES_PER_MS = 1_000;

export async function openS3Objects(settings: S3Settings): Promise<S3Objects> {
  const sdk = await import('@aws-sdk/client-s3');
  const { bucket: Bucket, prefix = '', timeoutMs } = settings;
  const client = new sdk.S3Client(clientConfig(settings));
  signWithKnownHash(client);
  const timeFor = (sizeBytes: number) => timeoutMs + Math.ceil(sizeBytes / BYTES_PER_MS);
  const within = (sizeBytes = 0) => ({ abortSignal: AbortSignal.timeout(timeFor(sizeBytes)) });

  return {
    async put(key, { source, sizeBytes, sha256, mimeType }) {
      const Body = source instanceof Uint8Array ? source : createReadStream(source.path);
      const command = new sdk.PutObjectCommand({
        ...{ Bucket, Key: prefix + key, Body, ContentLength: sizeBytes },
        ...(mimeType === undefined ? {} : { ContentType: mimeType }),
      });
      knownHashes.set(command.input, sha256);
      await inS3(client.send(command, within(sizeBytes)));
    },
    async get(key) {
      const command = new sdk.GetObjectCommand({ Bucket, Key: prefix + key });
      const { Body, ContentLength: sizeBytes = 0 } = await inS3(client.send(command, within()));
      return { sizeBytes, content: read(Body as AsyncIterable<Buffer>, timeFor(sizeBytes)) };
    },
    async copy(from, to) {
      const CopySource = `${Bucket}/${encodeURI(prefix + from)}`;
      await inS3(client.send(new sdk.CopyObjectCommand({ Bucket, Key: prefix + to, CopySource }), within()));
    },
    async *list(keyPrefix) {
      let ContinuationToken: string | undefined;
      do {
        const command = new sdk.ListObjectsV2Command({ Bucket, Prefix: prefix + keyPrefix, ContinuationToken });
        const page = await inS3(client.send(command, within()));
        yield (page.Contents ?? []).map(({ Key = '', Size = 0 }) => ({
          key: Key.slice(prefix.length),
          sizeBytes: Size,
        }));
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
    },
    async delete(key) {
      await inS3(client.send(new sdk.DeleteObjectCommand({ Bucket, Key: prefix + key }), within()));
    },
    close: () => client.destroy(),
  };
}

function clientConfig({
  region,
  endpoint,
  forcePathStyle = false,
  credentials,
  timeoutMs,
}: S3Settings): S3ClientConfig {
  return {
    region,
    forcePathStyle,
    followRegionRedirects: true,
    maxAttempts: MAX_ATTEMPTS,
    // Checksums in trailers are understood by few others than Amazon; the hash we sign with says as much.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: Math.ceil(timeoutMs / MAX_ATTEMPTS) },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}

/** The input of a command → the hash of its body. */
const knownHashes = new WeakMap<object, string>();

/** The request carries the hash it is signed with, so that the server refuses what arrives damaged; the SDK does not know it of a stream. */
function signWithKnownHash(client: S3Client): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const sha256 = knownHashes.get(args.input);
      const request = args.request as { headers?: Record<string, string> };
      if (sha256 !== undefined && request.headers) request.headers['x-amz-content-sha256'] = sha256;
      return next(args);
    },
    { step: 'build', name: 'signWithKnownHash' },
  );
}

async function inS3<T>(step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    throw toS3Error(error);
  }
}

/** An answer that has begun and then stops coming ends too. */
async function* read(
  body: AsyncIterable<Buffer> & { destroy?: (error: Error) => void },
  timeoutMs: number,
): AsyncGenerator<Buffer, void, undefined> {
  const timer = setTimeout(() => body.destroy?.(new DOMException('took too long', 'TimeoutError')), timeoutMs);
  try {
    yield* body;
  } catch (error) {
    throw toS3Error(error);
  } finally {
    clearTimeout(timer);
  }
}
