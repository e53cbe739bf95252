export * from './consumer.js';
export * from './peek-waiting.js';
export * from './producer.js';
export * from './queue-names.js';
export * from './take-back.js';
