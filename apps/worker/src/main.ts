import { attachSignals, ConfigError, createLogger, describeError, loadConfig } from '@pombo/runtime';
import { isConnectionError } from '@pombo/whatsapp';
import { createWorker } from './service.js';

try {
  const config = loadConfig(process.env);
  const logger = createLogger({ level: config.LOG_LEVEL, name: 'worker' });
  const worker = createWorker(config, { logger });
  attachSignals(worker.lifecycle, logger, { isHarmless: isConnectionError });
  await worker.start().catch(async (error: unknown) => {
    logger.error('the worker could not start', describeError(error));
    await worker.stop();
    process.exit(1);
  });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
