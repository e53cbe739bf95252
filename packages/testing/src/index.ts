export * from './eventually.js';
export * from './s3-server.js';
export * from './sample-media.js';
export * from './test-config.js';
export * from './test-store.js';
