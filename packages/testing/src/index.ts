export * from './eventually.js';
export * from './sample-media.js';
export * from './test-config.js';
export * from './test-store.js';
