/**
 * Tests run from the sources, without a build and as plain modules of Node: see `test/setup/native`. Child processes in
 * tests run `dist`, which `npm test` builds first.
 */
export default {
  runtime: '<rootDir>/test/setup/native/runtime.cjs',
  testEnvironment: '<rootDir>/test/setup/native/environment.cjs',
  testEnvironmentOptions: { globalsCleanup: 'off' },
  roots: ['<rootDir>/packages', '<rootDir>/apps', '<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: {},
  testSequencer: '<rootDir>/test/setup/slow-tests-first.cjs',
  globalSetup: '<rootDir>/test/setup/start-redis.mjs',
  globalTeardown: '<rootDir>/test/setup/stop-redis.mjs',
  testTimeout: 120_000,
  maxWorkers: 2,
};
