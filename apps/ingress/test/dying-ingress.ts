/** An ingress that dies, as far as Redis can see, at one of its commands. */
import { createIngress } from '@pombo/ingress';
import { type Config, createFailFastRedis, silentLogger } from '@pombo/runtime';

export interface DyingIngress {
  readonly url: string;
  /** From now on, that many commands are answered. The one after them is the last: lost, or done but not answered. */
  dieAfter(commands: number, lastOne: 'is lost' | 'is done'): void;
  /** Whether it came to that. */
  readonly dead: boolean;
  stop(): Promise<void>;
}

export async function startDyingIngress(config: Config): Promise<DyingIngress> {
  const redis = createFailFastRedis({
    target: config.REDIS,
    name: 'dying',
    logger: silentLogger,
    commandTimeoutMs: 700,
  });
  await redis.connect();
  const send = redis.sendCommand.bind(redis);
  let left = Infinity;
  let lastOneIsDone = false;
  let dead = false;
  let connected = true;
  const cut = (): void => {
    if (connected) redis.disconnect();
    connected = false;
  };
  redis.sendCommand = (command, stream) => {
    left -= 1;
    if (left >= 0) return send(command, stream);
    dead = true;
    if (!lastOneIsDone) cut();
    lastOneIsDone = false;
    const { reject } = command;
    command.resolve = () => {
      cut();
      reject(new Error('nobody is left to hear it'));
    };
    return send(command, stream);
  };
  const ingress = createIngress(config, { logger: silentLogger, redis });
  const { url } = await ingress.start();
  return {
    url,
    dieAfter(commands, lastOne) {
      left = commands;
      lastOneIsDone = lastOne === 'is done';
    },
    get dead() {
      return dead;
    },
    async stop() {
      await ingress.stop();
      cut();
    },
  };
}
