export * from './consumer.js';
export type { TakenJob } from './hand.js';
export * from './job-released.js';
export * from './producer.js';
export * from './queue-names.js';
export * from './take-back.js';
export * from './webhook-queue.js';
export * from './waiting-jobs.js';
export * from './remove-queue.js';
