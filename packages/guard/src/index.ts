export * from './address-guard.js';
export * from './guarded-agent.js';
export * from './host-resolver.js';
