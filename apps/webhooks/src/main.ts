import { attachSignals, ConfigError, createLogger, describeError, loadConfig } from '@pombo/runtime';
import { createWebhooksApp } from './service.js';

try {
  const config = loadConfig(process.env);
  const logger = createLogger({ level: config.LOG_LEVEL, name: 'webhooks' });
  const app = createWebhooksApp(config, { logger });
  attachSignals(app.lifecycle, logger);
  await app.start().catch(async (error: unknown) => {
    logger.error('the webhooks app could not start', describeError(error));
    await app.stop();
    process.exit(1);
  });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
