/**
 * ioredis' way to a Sentinel group's master, mended in two places where a failover at the wrong moment leaves a connection
 * without a master for good.
 */
import { SentinelConnector } from 'ioredis';
import { SECOND } from './durations.js';

/** Private in ioredis' types (5.11): what listens to the Sentinels for as long as a connection lasts. */
interface Listening {
  failoverDetector: { cleanup(): void } | null;
}

/** A server that takes a connection answers its first commands at once, also while it loads its data. */
const FIRST_ANSWER_MS = 3 * SECOND;

type Options = ConstructorParameters<typeof SentinelConnector>[0];

export class SteadySentinelConnector extends SentinelConnector {
  /** @param options those of the connection; ioredis does not say so in its type for connectors. */
  constructor(options: unknown) {
    super(options as Options);
  }

  override async connect(
    ...[emitError]: Parameters<SentinelConnector['connect']>
  ): ReturnType<SentinelConnector['connect']> {
    // It still listens for the sake of the connection that was lost. What it heard now would end this attempt, and an
    // attempt that is ended is not repeated: the connection would stay closed. The Sentinels are asked anew in any case.
    const listening = this as unknown as Listening;
    listening.failoverDetector?.cleanup();
    listening.failoverDetector = null;
    const stream = await super.connect(emitError);
    // A Sentinel that does not know of the failover yet names the old master, which may be frozen: no answer, no end.
    const timer = setTimeout(() => {
      if (stream.bytesRead === 0) stream.destroy();
    }, FIRST_ANSWER_MS);
    stream.once('close', () => clearTimeout(timer));
    return stream;
  }
}
