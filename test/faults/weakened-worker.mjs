/** A worker as in production, but for the one protection that `WITHOUT` names. */
import { attachSignals, createLogger, loadConfig } from '@pombo/runtime';
import { isConnectionError } from '@pombo/whatsapp';
import { createWorker } from '@pombo/worker';
import { WEAKNESSES } from './weaknesses.mjs';

const { WITHOUT, ...env } = process.env;
const config = loadConfig(env);
const logger = createLogger({ level: config.LOG_LEVEL, name: 'worker' });
const worker = createWorker(config, { logger, ...WEAKNESSES[WITHOUT]() });
attachSignals(worker.lifecycle, logger, { isHarmless: isConnectionError });
await worker.start();
