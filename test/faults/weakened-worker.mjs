/**
 * A worker as in production, but for the one protection that `WITHOUT` names: a fault suite that passes without it shows
 * nothing.
 */
import { attachSignals, createLogger, loadConfig } from '@pombo/runtime';
import { isConnectionError } from '@pombo/whatsapp';
import { createWorker } from '@pombo/worker';

const config = loadConfig(process.env);
const logger = createLogger({ level: config.LOG_LEVEL, name: 'worker' });
const worker = createWorker(config, { logger, durableRatchet: process.env.WITHOUT !== 'ratchet' });
attachSignals(worker.lifecycle, logger, { isHarmless: isConnectionError });
await worker.start();
