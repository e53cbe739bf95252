/** Sources run through swc, so a test never waits for a build; child processes in tests run `dist`, which `npm test` builds first. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/packages', '<rootDir>/apps', '<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  moduleNameMapper: {
    '^@pombo/whatsapp/protocol$': '<rootDir>/packages/whatsapp/src/protocol.ts',
    '^@pombo/(contracts|runtime|store|queue|guard|media|whatsapp|testing)$': '<rootDir>/packages/$1/src/index.ts',
    '^@pombo/(sandbox|ingress|webhooks|worker)$': '<rootDir>/apps/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  globalSetup: '<rootDir>/test/setup/start-redis.mjs',
  globalTeardown: '<rootDir>/test/setup/stop-redis.mjs',
  testTimeout: 60_000,
  maxWorkers: 2,
};
