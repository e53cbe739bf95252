/** Starts the ingress as a process of its own. */
import { attachSignals, ConfigError, createLifecycle, createLogger, describeError, loadConfig } from '@pombo/runtime';
import { createIngress } from './service.js';

function readConfig() {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const config = readConfig();
const logger = createLogger({ level: config.LOG_LEVEL, name: 'ingress' });
const lifecycle = createLifecycle({ logger, timeoutMs: config.SHUTDOWN_TIMEOUT_MS });
attachSignals(lifecycle, logger);

const ingress = createIngress(config, { logger });
lifecycle.onStop('ingress', () => ingress.stop());
try {
  const { url } = await ingress.start();
  logger.info('ready', { url });
} catch (error) {
  logger.error('could not start', describeError(error));
  await lifecycle.stop();
  process.exit(1);
}
