/** A bucket on loopback, behind a server that speaks S3's API. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from '@20minutes/s3rver';

export interface TestBucket {
  /** The settings that lead to it. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the server keeps its objects. */
  readonly directory: string;
  /** Nobody is there any more, as far as clients see. */
  pause(): Promise<void>;
  /** There again, at the same address. */
  resume(): Promise<void>;
  close(): Promise<void>;
}

const NAME = 'pombo-test';

/**
 * @param strict whether signatures are checked; the server then refuses lists, whose path it signs without the slash that
 * the SDK puts at its end.
 */
export async function startTestBucket({ strict = false } = {}): Promise<TestBucket> {
  const directory = await mkdtemp(join(tmpdir(), 'pombo-s3-'));
  const start = async (port: number) => {
    const server = new S3rver({
      ...{ address: '127.0.0.1', port, silent: true, directory, allowMismatchedSignatures: !strict },
      configureBuckets: [{ name: NAME }],
    });
    return { server, port: (await server.run()).port };
  };
  const stop = async (server: S3rver) => {
    if (!server.httpServer.listening) return;
    const closed = server.close();
    server.httpServer.closeAllConnections();
    await closed;
  };
  const first = await start(0);
  const { port } = first;
  let { server } = first;
  return {
    directory: join(directory, NAME),
    env: {
      MEDIA_STORE: 's3',
      S3_BUCKET: NAME,
      S3_ENDPOINT: `http://127.0.0.1:${port}`,
      S3_FORCE_PATH_STYLE: 'true',
      S3_ACCESS_KEY_ID: 'S3RVER',
      S3_SECRET_ACCESS_KEY: 'S3RVER',
    },
    pause: () => stop(server),
    async resume() {
      ({ server } = await start(port));
    },
    async close() {
      await stop(server);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
